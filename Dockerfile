FROM python:3.13.9-slim-bookworm
RUN useradd --create-home --uid 10001 lifecycle && install -d -o lifecycle -g lifecycle /home/lifecycle/state /home/lifecycle/backups
WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r requirements.lock
COPY domain domain
COPY store store
COPY projections projections
COPY api api
ENV PYTHONPATH=/app PYTHONUNBUFFERED=1 MALLOC_ARENA_MAX=2
USER 10001
EXPOSE 8000
ENTRYPOINT ["python", "-m", "api.cli"]
CMD ["serve"]
