# clawlama plan: what was found and what would be chosen; starts nothing.
for concern in paths status settings hardware plan models import pull ollama supervise; do . "$LIB/$concern.sh"; done
own_folder
RUN=$MINE SETTINGS=$RUN/settings.json HARDWARE=$RUN/hardware.json PLAN=$RUN/plan.json MODELS=$RUN/models.json
TELEGRAM_TOKEN=$RUN/telegram_token
# Neither log nor status file: this only looks.
say() { :; }
write_status() { :; }
validate_settings
detect_hardware
find_ollama
make_plan
if [ "$JSON" = true ]; then
  jq -c --argjson missing "$(missing_models)" 'del(.refusal) + {missing: $missing}' "$PLAN"
else
  hardware_line
  plan_line
fi
