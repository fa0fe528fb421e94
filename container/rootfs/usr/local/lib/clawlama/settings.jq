# A module: the environment in, the verdict out. The rules are roles/settings.py's, so are the words.

def plain:
  (if contains("\ufffd") then {text: split("\ufffd")[0], rest: "(not UTF-8)"} else {text: ., rest: ""} end)
  | (.text | explode | map(if . >= 32 and . <= 126 then . else 63 end) | implode) + .rest
  | if length <= 60 then . else .[0:60] + "..." end;

def accepts($value):
  ($value | length) <= .longest
  and (.pattern as $pattern | $value | test("\\A(?:\($pattern))\\z"))
  and (.minimum == null or (.minimum <= ($value | tonumber) and ($value | tonumber) <= .maximum));

def mistake($what; $value; $rule; $fix): "\($what | plain)=\"\($value | plain)\": \($rule); \($fix)";

# Dice coefficient over letters and adjacent pairs of ^NAME$ without the prefixes.
def features:
  "^\(ltrimstr("CLAWLAMA_") | ltrimstr("OLLAMA_"))$" as $marked
  | ($marked | split("")) + [range(0; ($marked | length) - 1) as $at | $marked[$at:$at + 2]] | unique;
def likeness($one; $other): 2 * (($one | length) - ($one - $other | length)) / (($one | length) + ($other | length));
def nearest($names):
  (plain | ascii_upcase | features) as $features
  | [$names | sort[] | {known: ., likeness: likeness($features; features)}]
  | max_by(.likeness).likeness as $best
  | if $best < 0.5 then null else map(select(.likeness == $best))[0].known end;

# What no single value can break, of settings that are each as they must be.
def clashes:
  (select(.OLLAMA_HOST and .CLAWLAMA_OPENCLAW_PORT and (.CLAWLAMA_OPENCLAW_PORT as $port | .OLLAMA_HOST | endswith(":" + $port)))
   | mistake("CLAWLAMA_OPENCLAW_PORT"; .CLAWLAMA_OPENCLAW_PORT; "must not be the port of OLLAMA_HOST too"; "change one of the two")),
  (select((.CLAWLAMA_OLLAMA_URL // "") != "" and (.CLAWLAMA_MODEL_FILE // "") != "")
   | mistake("CLAWLAMA_MODEL_FILE"; .CLAWLAMA_MODEL_FILE; "cannot be had with CLAWLAMA_OLLAMA_URL, whose models come from its own registry"; "unset one of the two"));

# verdict: {"settings": {name: value, ...}, "secrets": the same, "mistakes": ["one line", ...]}. $environment has what
# a shell can hold, $names those of all variables. Of unknown names the first few are enough to find the rest.
def verdict($environment; $names; $declaration):
  [$declaration.settings[].name] as $known
  | [$declaration.settings[] | select(.scope == "container")
     | ($environment[.name] // "" | rtrimstr("\r")) as $value
     | if $value == "" then {name, secret, value: .default}
       elif accepts($value) then {name, secret, value: $value}
       else {mistake: mistake(.name; if .secret then "(hidden)" else $value end; .rule; .fix)} end]
    as $checked
  | [limit(20; ($environment | keys) + $names | unique[] | select(startswith("CLAWLAMA_"))
     | select(. as $name | $known | index($name) | not)
     | nearest($known) as $meant
     | mistake(.; "(hidden)"; "is no setting of ClawLama";
         if $meant then "did you mean \($meant)?" else "see .env.example" end))]
    as $unknown
  | def of(taken): [$checked[] | select(.name and taken)] | map({(.name): .value}) | add // {};
    of(.secret | not) as $settings
    | {settings: $settings, secrets: of(.secret), mistakes: ([$checked[] | .mistake // empty] + $unknown + [$settings | clashes])};

# assignments: the verdict as what a shell evaluates.
def assignments:
  (.settings + .secrets | to_entries[] | "\(.key)=\(.value | @sh)"),
  "mistakes=\(.mistakes | join("\n") | @sh) settings=\(.settings | tojson | @sh)";
