# Sourced by every build step: the caller's CA bundle and registry overrides, from secrets that no layer keeps.
if [ -s /run/secrets/registries ]; then
  set -a
  # shellcheck disable=SC1091
  . /run/secrets/registries
  set +a
fi
if [ -s /run/secrets/ca ]; then
  export SSL_CERT_FILE=/run/secrets/ca CURL_CA_BUNDLE=/run/secrets/ca PIP_CERT=/run/secrets/ca
  export NODE_EXTRA_CA_CERTS=/run/secrets/ca npm_config_cafile=/run/secrets/ca
fi
export npm_config_fund=false npm_config_audit=false npm_config_update_notifier=false
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
