# The service's one image: web, worker and beat differ by their command alone (docker-compose.yml).

FROM python:3.12-slim AS packages
RUN python -m venv /opt/venv
COPY requirements/base.txt /tmp/base.txt
# Wheels only: nothing is compiled, and nothing comes in that is not locked by its hash.
RUN /opt/venv/bin/pip install --no-cache-dir --only-binary :all: --no-deps --require-hashes -r /tmp/base.txt


FROM python:3.12-slim
RUN groupadd --gid 10001 cnd \
    && useradd --uid 10001 --gid cnd --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin cnd
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/planner
COPY manage.py ./
COPY cnd ./cnd
COPY sessions ./sessions
COPY logistics ./logistics
COPY templates ./templates
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CND_ENV=production \
    STATIC_ROOT=/srv/static \
    PROMETHEUS_MULTIPROC_DIR=/tmp/metrics
# The key is thrown away with this step; neither database nor broker is asked.
RUN SECRET_KEY=thrown-away-after-this-step-in-which-nothing-is-signed ALLOWED_HOSTS=build.invalid \
    SITE_URL=https://build.invalid DATABASE_URL=postgres://build.invalid/none REDIS_URL=redis://build.invalid \
    EMAIL_URL=smtp://build.invalid MAIL_FROM=nobody@build.invalid \
    python manage.py collectstatic --noinput
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
# How many processes: WEB_CONCURRENCY. Of the servers compared by `make bench`, granian answered polls quickest.
CMD ["sh", "-c", "exec granian --interface wsgi --host 0.0.0.0 --port 8000 --workers \"${WEB_CONCURRENCY:-2}\" \
     --blocking-threads 4 --respawn-failed-workers --no-ws cnd.wsgi:application"]
