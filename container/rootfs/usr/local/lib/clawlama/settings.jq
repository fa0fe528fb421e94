# Environment in, verdict out: {"ok": [name, value, ...], "mistakes": ["one line", ...]}.
# Input: settings.json. --argjson environment: every variable. The rules are roles/settings.py's, so are the words.

def shown:
  (explode | map(if . >= 32 and . <= 126 then . else 63 end) | implode) as $plain
  | if ($plain | length) <= 60 then "\"\($plain)\"" else "\"\($plain[0:60])...\"" end;

def accepts($value):
  ($value | length) <= .longest
  and (.pattern as $pattern | $value | test("\\A(?:\($pattern))\\z"))
  and (.minimum == null or (.minimum <= ($value | tonumber) and ($value | tonumber) <= .maximum));

def mistake($what; $value; $rule; $fix): "\($what)=\($value | shown): \($rule); \($fix)";

# Dice coefficient over letters and adjacent pairs of ^NAME$ without the prefix.
def features:
  ("^" + sub("^(CLAWLAMA|OLLAMA)_"; "") + "$") as $marked
  | ($marked | split("")) + [range(0; ($marked | length) - 1) as $at | $marked[$at:$at + 2]] | unique;
def likeness($known):
  features as $one | ($known | features) as $other
  | 2 * (($one | length) - ($one - $other | length)) / (($one | length) + ($other | length));
def nearest($names):
  . as $name
  | [$names | sort[] | {known: ., likeness: (. as $known | $name | likeness($known))}]
  | max_by(.likeness).likeness as $best
  | if $best < 0.5 then null else map(select(.likeness == $best))[0].known end;

[.settings[].name] as $names
| [.settings[] | select(.scope == "container")
   | ($environment[.name] // "") as $value
   | if $value == "" then {name, value: .default}
     elif accepts($value) then {name, value: $value}
     else {mistake: mistake(.name; if .secret then "(hidden)" else $value end; .rule; .fix)} end]
  as $checked
| [$environment | keys[] | select(startswith("CLAWLAMA_")) | select(. as $name | $names | index($name) | not)
   | nearest($names) as $known
   | mistake(.; "(hidden)"; "is no setting of ClawLama";
       if $known then "did you mean \($known)?" else "see .env.example" end)]
  as $unknown
| {settings: ($checked | map(select(.name)) | map({(.name): .value}) | add),
   mistakes: ([$checked[] | .mistake // empty] + $unknown)}
