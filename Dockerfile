# The wheel in an environment of its own; what built it stays behind.
FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/cdi-query
COPY requirements.lock ./
RUN /opt/cdi-query/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY schemas ./schemas
COPY evidence ./evidence
COPY compliance ./compliance
COPY services ./services
COPY templates ./templates
COPY migrations ./migrations
COPY cli ./cli
RUN /opt/cdi-query/bin/pip wheel --no-cache-dir --disable-pip-version-check --no-deps -w /dist . \
 && /opt/cdi-query/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps /dist/*.whl \
 && /opt/cdi-query/bin/python -P -c "from compliance import shipped_knowledge; shipped_knowledge()"

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin cdi-query
COPY --from=build /opt/cdi-query /opt/cdi-query
COPY deploy/health.py /opt/cdi-query/health.py
ENV PATH=/opt/cdi-query/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /tmp
EXPOSE 8080
# Finds out by itself which of the services runs here.
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --retries=3 CMD ["python", "/opt/cdi-query/health.py"]
ENTRYPOINT ["cdi-query"]
CMD ["--help"]
