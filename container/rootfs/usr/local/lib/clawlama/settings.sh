# The environment, validated by the declaration that Python has too; then every setting is a shell variable.

validate_settings() {
  STAGE=validate
  eval "$(verdict || echo 'fail 1 "the settings could not be read; the lines above say why"')"
  # shellcheck disable=SC2154 # the verdict assigns them
  [ -z "$mistakes" ] || fail "$PERMANENT" "$mistakes"
  take_secrets
  # shellcheck disable=SC2154
  printf '%s\n' "$settings" >"$SETTINGS"
}

# Assignments of all settings, and of what is wrong with them. No environment is too long for this: jq reads its own.
# The names come from the process, as the shell drops those that it cannot hold.
verdict() {
  tr '\n\0' '\1\n' <"/proc/$$/environ" |
    jq -R -n -r -L "$LIB" --slurpfile declaration "$ETC/settings.json" \
      'include "settings"; verdict(env; [inputs | split("=")[0]]; $declaration[0]) | assignments'
}

# Secrets go to files of our own, 0600, and out of the environment that services inherit.
take_secrets() {
  keep_secret "$TELEGRAM_TOKEN" CLAWLAMA_TELEGRAM_BOT_TOKEN
  unset CLAWLAMA_TELEGRAM_BOT_TOKEN secret
}

# keep_secret FILE NAME: from the variable, or from the file that NAME_FILE names; none, and the file goes.
keep_secret() {
  secret=$(setting "$2")
  secret_file=$(setting "${2}_FILE")
  if [ -n "$secret_file" ]; then
    read_secret "${2}_FILE" "$secret_file"
  fi
  if [ -n "$secret" ]; then write_secret "$1" "$secret"; else rm -f "$1"; fi
}

# read_secret NAME FILE: the first line, which may end as DOS ends lines, into $secret.
read_secret() {
  [ -f "$2" ] && [ -r "$2" ] || fail "$PERMANENT" "$1=\"$2\": must be a file that user $(id -u) can read; mount it, or unset the variable"
  secret=$(head -n 1 "$2" | tr -d '\r\0')
  case $secret in
    '') fail "$PERMANENT" "$1=\"$2\": must hold the secret in its first line; that line is empty" ;;
    *[![:graph:]]*) fail "$PERMANENT" "$1=\"$2\": must hold the secret alone in its first line; there are blanks in it" ;;
  esac
}

setting() { eval "printf '%s' \"\$$1\""; }

write_secret() {
  (umask 077 && printf '%s' "$2" >"$1.new")
  mv "$1.new" "$1"
}
