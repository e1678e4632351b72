# Two stages: one installs what the lock file names, one runs the bot. Only /data needs to be writable.
FROM python:3.13-slim AS build
COPY requirements.lock /build/
RUN python -m venv /opt/talentwire \
    && /opt/talentwire/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --no-compile \
       --only-binary :all: --require-hashes --requirement /build/requirements.lock \
    && /opt/talentwire/bin/pip uninstall --quiet --yes pip
COPY bot /opt/talentwire/app/bot
RUN printf '#!/opt/talentwire/bin/python\nimport sys\n\nfrom bot.cli import main\n\nsys.exit(main())\n' \
       >/opt/talentwire/bin/talentwire \
    && chmod 755 /opt/talentwire/bin/talentwire \
    && echo /opt/talentwire/app >"$(echo /opt/talentwire/lib/python3.*/site-packages)/talentwire.pth" \
    && /opt/talentwire/bin/python -m compileall -q /opt/talentwire

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Talentwire" \
      org.opencontainers.image.description="Tells a Slack channel who moves where in AI" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/talentwire /opt/talentwire
COPY config.yaml /config/config.yaml
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin talentwire \
    && install --directory --owner talentwire --group talentwire /data
ENV PATH=/opt/talentwire/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    TALENTWIRE_DATA=/data
USER 10001:10001
VOLUME /data
WORKDIR /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["talentwire", "health"]
ENTRYPOINT ["talentwire"]
CMD ["run"]
