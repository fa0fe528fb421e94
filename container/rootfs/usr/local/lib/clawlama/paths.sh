# Where everything lies. DATA is the volume; RUN is gone with the container.
DATA=${TEST_DATA:-/data}
LIB=${TEST_LIB:-/usr/local/lib/clawlama}
ETC=${TEST_ETC:-/etc/clawlama}
OWN=$DATA/clawlama
RUN=${TEST_RUN:-/tmp/clawlama}
WORKSPACE=$DATA/workspace

# own_folder: MINE, which is gone with the verb. Two verbs may run at a time.
own_folder() {
  MINE=$(mktemp -d)
  trap 'rm -rf "$MINE"' EXIT
}

# holds FILTER: true where standard input is JSON of which the filter says so. `jq -e` takes no input at all for a yes.
holds() { [ "$(jq -r "($1) != null and ($1) != false" 2>/dev/null)" = true ]; }

# shellcheck disable=SC2034 # each name is read by another file
{
  STATUS=$OWN/status.json
  HEALTH=$RUN/health
  PROOF=$OWN/proof.json
  CALIBRATION=$OWN/calibration.json
  TOKEN=$OWN/gateway_token
  TELEGRAM_TOKEN=$OWN/telegram_token
  LAST_GENERATED=$OWN/generated.json
  CONFIG=$DATA/openclaw/openclaw.json
  MOUNTED_CONFIG=$WORKSPACE/.openclaw/openclaw.json
  SETTINGS=$RUN/settings.json
  HARDWARE=$RUN/hardware.json
  PLAN=$RUN/plan.json
  MODELS=$RUN/models.json
  VERIFIED_BLOBS=$OWN/verified_blobs
  INCIDENTS=$RUN/incidents.json
  GPU_RUNNERS=$OWN/gpu
  # What Node has compiled of OpenClaw.
  COMPILED=${TEST_COMPILED:-/usr/local/share/clawlama/compiled}
  SNAPSHOT=$OWN/snapshot
  RESTORE=$OWN/restore
  LAST_BACKUP=$OWN/backup.json
  FAILED_BACKUP=$OWN/backup_failed.json
  LAST_CHECK=$OWN/backup_checked.json
  # The OpenClaw that last worked on the state, and may have changed its databases' form.
  STATE_VERSION=$OWN/openclaw_version
  VERSIONS=${TEST_VERSIONS:-/usr/local/share/clawlama/proof.json}
  # sysexits.h EX_CONFIG: what a restart cannot mend
  PERMANENT=78
}
