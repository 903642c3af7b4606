# Makes .venv from a lock when absent or stale; sourced by ./run and ./test, which set `here`.

say() { printf '%s\n' "$*" >&2; }

find_python() {
    for candidate in "${LIFECYCLE_PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$candidate
            return
        fi
    done
    say "需要 Python 3.11 或更新版本，请先安装（Debian/Ubuntu：apt install python3 python3-venv）。"
    say "Python 3.11 or newer is missing; install it first (Debian/Ubuntu: apt install python3 python3-venv)."
    exit 1
}

# Threads share two heaps instead of one each: what large requests leave is used again by the next.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"

# environment LOCK: the stamp names the lock's content, so an interrupted install is never taken for a whole one.
environment() {
    find_python
    wanted=$("$python" -c 'import hashlib, sys
print(sys.version.split()[0], hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$here/$1")
    stamp="$here/.venv/$1.stamp"
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        say "Python 缺少 venv 模块，请先安装（Debian/Ubuntu：apt install python3-venv）。"
        say "Python lacks its venv module; install it first (Debian/Ubuntu: apt install python3-venv)."
        exit 1
    fi
    say "正在准备运行环境（首次约一分钟）… / Preparing the environment (about a minute the first time)…"
    # One at a time: the lock is the operating system's, let go of when this process ends.
    "$python" - "$here" "$1" "$wanted" "${LIFECYCLE_WHEELS:-}" <<'PY' || exit 1
import fcntl, glob, hashlib, os, subprocess, sys
here, lock, wanted, wheels = sys.argv[1:]
venv = os.path.join(here, ".venv")
stamp = os.path.join(venv, lock + ".stamp")
with open(os.path.join(here, ".venv.lock"), "a") as gate:
    fcntl.flock(gate, fcntl.LOCK_EX)
    if os.path.exists(stamp) and open(stamp).read() == wanted:
        sys.exit()
    # Without any stamp an install was killed half way: begin anew. Stamps of other locks' content go before anything changes.
    stamps = glob.glob(os.path.join(glob.escape(venv), "*.stamp"))
    for other in stamps:
        of = os.path.join(here, os.path.basename(other)[: -len(".stamp")])
        content = open(of, "rb").read() if os.path.exists(of) else b""
        if open(other).read().split()[-1:] != [hashlib.sha256(content).hexdigest()]:
            os.remove(other)
    python = os.path.join(venv, "bin", "python")
    same = subprocess.run([python, "-c", "import sys; print(sys.version.split()[0])"], capture_output=True, text=True) \
        if stamps and os.path.exists(python) else None
    if same is None or same.stdout.strip() != wanted.split()[0]:
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True, pass_fds=[gate.fileno()])
    offline = ["--no-index", "--find-links", wheels] if wheels else []
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:",
               "--require-hashes", *offline, "-r", os.path.join(here, lock)]
    if subprocess.run(command, pass_fds=[gate.fileno()]).returncode:  # pip keeps the lock if we are killed
        sys.exit("安装依赖失败，请检查网络，或用 ./run --wheels 目录 离线安装。\n"
                 "Installing failed; check the network, or install from a folder: ./run --wheels DIR")
    with open(stamp + ".new", "w") as file:
        file.write(wanted)
    os.replace(stamp + ".new", stamp)
PY
}
