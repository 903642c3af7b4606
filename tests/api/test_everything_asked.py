"""Everything of the OpenAPI document is asked as each role, rightly and wrongly, as schemathesis makes it up.

No answer is a 5xx, of an undocumented status, or other than its schema. `--long` asks some ten times as much.
"""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, Unsatisfiable
from hypothesis.stateful import run_state_machine_as_test
from requests import Session
from schemathesis import Case
from schemathesis import Response as Answered
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation, BaseSchema

from api.access.sessions import COOKIE, FORM_TOKEN, form_token
from api.app import create_app
from api.rest.document import document
from api.services import Services
from domain.entry import Role
from tests.api.filled import ISSUER, Asker, filled
from tests.api.serving import APP, Served, served

PROJECTING = (
    "import threading; from projections.runner import Runner; from projections.questions.viewpoints import Arrivals\n"
)
IMPATIENT = """
    threading.Thread(target=Runner(sys.argv[1]).run, args=(threading.Event(),), daemon=True).start()
    app.state.arrivals = Arrivals(app.state.arrivals._position, patience=0.1)
"""
WHOLE = PROJECTING + APP.replace("    config =", IMPATIENT.lstrip("\n") + "    config =")
"""The service as it is, but for whoever waits for a position that will never come."""
RULES_REFUSE = ["2xx", "3xx", "400", "401", "403", "404", "409", "412", "413", "414", "415", "422", "429"]
"""What well-formed requests may hear: the rules of the ledger, whom they refuse, and what nobody would write down."""
CONFIG = {
    "checks": {"positive_data_acceptance": {"expected-statuses": RULES_REFUSE}},
    "generation": {"database": "none", "with-security-parameters": False},
}
Operation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Any]
WITH_BEGINNINGS = "^/(projects|units|people|periods|targets)"
LATELY = st.dates(date(1949, 1, 1), date(2199, 12, 31)).map(str)


@dataclass
class Everything:
    """`found` tells each defect once, by what was asked and what is wrong; `heard` counts statuses."""

    served: Served
    running: Services
    session: Session = field(default_factory=Session)
    found: dict[tuple[str, str], str] = field(default_factory=dict)
    heard: Counter[tuple[str, Role, int]] = field(default_factory=Counter)

    def ask(self, case: AnyCase, asker: Asker) -> None:
        headers = self.headers(case, asker)
        self.judge(case, case.call(headers=headers, session=self.session, timeout=30), asker, headers)

    def judge(self, case: AnyCase, answer: Answered, asker: Asker, headers: dict[str, str]) -> None:
        self.heard[case.operation.label, asker.role, answer.status_code] += 1
        try:
            case.validate_response(answer, headers=headers)
        except FailureGroup as group:
            for failure in group.exceptions:
                told = f"as {asker.role}: {failure}\n{answer.request.body!r}\n{answer.text[:500]}"
                self.found.setdefault((case.operation.label, type(failure).__name__), told)

    def told(self) -> str:
        return "\n\n".join(f"{label}: {told}" for (label, _), told in self.found.items())

    def headers(self, case: AnyCase, asker: Asker) -> dict[str, str]:
        """A token, or where only a session will do, one that begins now, with what a page of ours sends."""
        if case.operation.definition.raw["x-action"] != "session":
            return {"Authorization": f"Bearer {asker.token}"}
        opened = self.running.signing_in.with_subject(ISSUER, asker.subject, agent="")
        proof = form_token(opened.token, case.method, case.formatted_path)
        origin = f"http://127.0.0.1:{self.served.port}"
        return {"Cookie": f"{COOKIE}={opened.token}", "Origin": origin, FORM_TOKEN: proof}


@pytest.fixture
def everything(running: Services, database: str) -> Iterator[tuple[Everything, list[Asker]]]:
    askers = filled(running)
    with served(database, WHOLE) as service:
        yield Everything(service, running), askers


def described(service: Served, running: Services) -> BaseSchema:
    schemathesis.openapi.format("date", LATELY)
    config = schemathesis.Config.from_dict(CONFIG)
    found = schemathesis.openapi.from_dict(document(create_app(running)), config=config)
    found.config.update(base_url=f"http://127.0.0.1:{service.port}")
    return found


def covering(operation: Operation, most: int) -> Iterator[AnyCase]:
    """Every boundary of every value of a request, one at a time, beginning with the examples."""
    generation = operation.schema.config.generation
    modes = list(GenerationMode)
    return islice(
        operation.schema.iter_coverage_cases(operation, generation_modes=modes, generation_config=generation), most
    )


@pytest.mark.timeout(7_200)
def test_whatever_anybody_asks_is_answered_as_documented(
    everything: tuple[Everything, list[Asker]], request: pytest.FixtureRequest
):
    asking, askers = everything
    long = request.config.getoption("--long")
    dealt = random.Random(5)
    asked = [found.ok() for found in described(asking.served, asking.running).get_all_operations() if isinstance(found, Ok)]
    for operation in asked:
        turns = dealt.sample(askers, len(askers))
        cases = list(covering(operation, 200 if long else len(askers)))
        for number in range(max(len(cases), len(askers))):
            asking.ask(cases[number % len(cases)], turns[number % len(turns)])
        for mode in list(GenerationMode) if long else [GenerationMode.POSITIVE]:

            @seed(dealt.getrandbits(32))
            @settings(
                max_examples=20 if long else 2,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def made_up(case: AnyCase) -> None:
                asking.ask(case, dealt.choice(askers))

            with suppress(Unsatisfiable):  # there is no wrong way to ask what takes nothing
                made_up()
    assert not asking.found, asking.told()
    hit = {(label, role) for label, role, _ in asking.heard}
    assert hit >= {(operation.label, asker.role) for operation in asked for asker in askers}


@pytest.mark.timeout(7_200)
def test_whatever_follows_from_what_somebody_began_is_answered_as_documented(
    everything: tuple[Everything, list[Asker]], request: pytest.FixtureRequest
):
    asking, askers = everything
    long = request.config.getoption("--long")
    machine = described(asking.served, asking.running).include(path_regex=WITH_BEGINNINGS).as_state_machine()
    beginner = next(asker for asker in askers if asker.role is Role.OFFICE)
    steps = settings(
        max_examples=10 if long else 3,
        stateful_step_count=20 if long else 6,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    def followed(asker: Asker) -> bool:
        return any(role is asker.role and "{" in label for label, role, _ in asking.heard)

    for asker in askers:

        class Following(machine):  # type: ignore[misc, valid-type]  # made at run time
            """The office begins, so that there is something to follow; the asker goes on from what it was answered."""

            def by(self, case: AnyCase, asker: Asker = asker) -> Asker:
                return asker if "{" in case.operation.path else beginner

            def get_call_kwargs(self, case: AnyCase) -> dict[str, Any]:
                return {"headers": asking.headers(case, self.by(case)), "session": asking.session, "timeout": 30}

            def validate_response(self, response: Answered, case: AnyCase, additional_checks: Any = (), **more: Any) -> None:
                asking.judge(case, response, self.by(case), asking.headers(case, self.by(case)))

        for attempt in range(20):  # most of what is made up to begin with is refused
            with suppress(Flaky):  # the ledger is not as it was: what was recorded once may be refused the next time
                run_state_machine_as_test(seed(attempt)(Following), settings=steps)
            if followed(asker) and not long:
                break
    assert not asking.found, asking.told()
    assert all(followed(asker) for asker in askers)
