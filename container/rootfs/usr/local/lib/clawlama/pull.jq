# /api/pull's stream to lines "progress COMPLETED TOTAL words", then "success - -" or "error words", and "verifying - -": at most one a second.
def words: "\(.completed / 1e6 | floor) of \(.total / 1e6 | floor) MB";
foreach (inputs, null) as $line ({layers: {}, said: 0, out: null};
  .out = null
  | if $line == null then .
    elif $line.error then .out = "error \($line.error | gsub("\n"; " "))"
    elif $line.status == "success" then .out = "success - -"
    elif ($line.status // "" | startswith("verifying")) then .out = "verifying - -"
    elif $line.digest then
      .layers[$line.digest] = {completed: ($line.completed // 0), total: ($line.total // 0)}
      | if now - .said >= 1 then
          .said = now
          | ([.layers[]] | {completed: (map(.completed) | add), total: (map(.total) | add)}) as $sum
          | .out = "progress \($sum.completed) \($sum.total) \($sum | words)"
        else . end
    else . end;
  .out // empty)
