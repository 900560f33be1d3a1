FROM python:3.13-slim AS packages
COPY requirements/run.txt /tmp/run.txt
RUN python -m venv /opt/entente \
    && /opt/entente/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /tmp/run.txt

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home entente \
    && install --directory --owner entente --mode 700 /run/entente
COPY --from=packages /opt/entente /opt/entente
WORKDIR /app
COPY . .
# Open to the network, the server wants a key: ENTENTE_ADMIN_KEY or ENTENTE_ADMIN_KEY_FILE.
ENV PATH=/opt/entente/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000 LOG_FORMAT=json
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz')"]
ENTRYPOINT ["python", "-m", "entente"]
CMD ["serve"]
