# Completion of imprint for fish.
function __imprint_ids
    imprint facts 2>/dev/null | string replace -rf '^#(\d+) +\w+ +(.*\S) +[-0-9]+ [:0-9]+$' '$1\t$2'
end
set -l commands ask remember forget facts queue history sessions detect verify prove export import rebuild stats bench tokenize logits perplexity
set -l first "not __fish_seen_subcommand_from $commands"
complete -c imprint -f
complete -c imprint -n $first -a ask -d 'one question in a fresh context'
complete -c imprint -n $first -a remember -d 'learn now'
complete -c imprint -n $first -a forget -d 'take a fact out again'
complete -c imprint -n $first -a import -d 'take in facts from a file'
complete -c imprint -n $first -a rebuild -d 'a new ledger from a damaged one'
complete -c imprint -n $first -a facts -d 'what is known'
complete -c imprint -n $first -a queue -d 'what waits'
complete -c imprint -n $first -a history -d 'what was done'
complete -c imprint -n $first -a sessions -d 'conversations kept'
complete -c imprint -n $first -a detect -d 'what would be learned'
complete -c imprint -n $first -a verify -d 'ask for every fact again'
complete -c imprint -n $first -a prove -d 'base and edited weights side by side'
complete -c imprint -n $first -a export -d 'the edited model for other programs'
complete -c imprint -n $first -a stats -d 'model, speed, memory'
complete -c imprint -n $first -a bench -d 'figures'
complete -c imprint -n $first -a tokenize -d 'the tokens of a text'
complete -c imprint -n $first -a logits -d 'scores of the next token'
complete -c imprint -n $first -a perplexity -d 'of a file'
complete -c imprint -n '__fish_seen_subcommand_from forget prove' -a '(__imprint_ids)'
complete -c imprint -n '__fish_seen_subcommand_from bench' -a 'edit speed model npu cost'
complete -c imprint -n '__fish_seen_subcommand_from perplexity' -F
complete -c imprint -s m -l model -rF -d 'a GGUF model'
complete -c imprint -l data-dir -x -a '(__fish_complete_directories)' -d 'where the ledger lies'
complete -c imprint -l profile -x -d 'a ledger of its own'
complete -c imprint -l threads -x
complete -c imprint -l seed -x
complete -c imprint -l precision -x -a 'w8a16 fp32'
complete -c imprint -l chat-template -x
complete -c imprint -l cpu-mask -x -a 'none avx2 avxvnni avx512 amx neon dotprod i8mm all'
complete -c imprint -l temperature -x -d '0: the likeliest'
complete -c imprint -l top-k -x
complete -c imprint -l top-p -x
complete -c imprint -l min-p -x
complete -c imprint -l repeat-penalty -x
complete -c imprint -l no-warm-start -d 'search every edit from zero'
complete -c imprint -l layer -x -d 'the layer to edit'
complete -c imprint -l search -x -a 'read fit gradient published'
complete -c imprint -l phone -x -a 'k60 k70 oneplus13'
complete -c imprint -l json -d 'one JSON object a line'
complete -c imprint -l plain -d 'line mode'
complete -c imprint -l incognito -d 'keep nothing'
complete -c imprint -l in-context -d 'facts in the prompt, for comparison'
complete -c imprint -l no-learn -d 'notice nothing'
complete -c imprint -l second-opinion -d 'ask the model, too, whether you said it'
complete -c imprint -l color -x -a 'always never auto'
complete -c imprint -s c -l continue -d 'go on with the last conversation'
complete -c imprint -l load -x -a "(imprint sessions 2>/dev/null | string replace -rf '^(\d+) +\S+ \S+ +\d+ +(.*)' '\$1\t\$2')" -d 'go on with a conversation'
complete -c imprint -l config -rF -d 'settings, a line each'
complete -c imprint -l dump-config -d 'the settings in force'
complete -c imprint -l version
complete -c imprint -l help
complete -c imprint -n '__fish_seen_subcommand_from export' -l gguf -rF -d 'the edited model'
complete -c imprint -n '__fish_seen_subcommand_from export' -l lora -rF -d 'the edit alone'
complete -c imprint -n '__fish_seen_subcommand_from facts' -l export -rF -d 'write them as JSON lines'
complete -c imprint -n '__fish_seen_subcommand_from import' -l force -d 'also what contradicts a known fact'
complete -c imprint -n '__fish_seen_subcommand_from forget' -l purge -d 'and its words out of every file'
complete -c imprint -n '__fish_seen_subcommand_from export' -l force -d 'replace a file'
complete -c imprint -n '__fish_seen_subcommand_from bench' -l data -rF
complete -c imprint -n '__fish_seen_subcommand_from bench' -l limit -x
complete -c imprint -n '__fish_seen_subcommand_from bench' -l sequential
complete -c imprint -n '__fish_seen_subcommand_from bench' -l forget-half
complete -c imprint -n '__fish_seen_subcommand_from bench' -l together
complete -c imprint -n '__fish_seen_subcommand_from bench' -l peer -x
complete -c imprint -n '__fish_seen_subcommand_from bench' -l suite -x
complete -c imprint -n '__fish_seen_subcommand_from bench' -l shape -x
complete -c imprint -n '__fish_seen_subcommand_from bench' -l steps -x
complete -c imprint -n '__fish_seen_subcommand_from bench' -l evaluations -x
complete -c imprint -n '__fish_seen_subcommand_from bench' -l verbose
complete -c imprint -n '__fish_seen_subcommand_from bench' -l method -x -d 'who edits'
complete -c imprint -n '__fish_seen_subcommand_from bench' -l update -d 'then a newer value of each'
complete -c imprint -n '__fish_seen_subcommand_from bench' -l shard -x
complete -c imprint -n '__fish_seen_subcommand_from bench' -l no-cache
complete -c imprint -n '__fish_seen_subcommand_from bench' -l resume -rF
complete -c imprint -n '__fish_seen_subcommand_from bench' -l merge -rF
complete -c imprint -n '__fish_seen_subcommand_from bench' -l table -x
complete -c imprint -n '__fish_seen_subcommand_from bench' -l at -x
complete -c imprint -n '__fish_seen_subcommand_from bench' -l text -rF
complete -c imprint -n '__fish_seen_subcommand_from tokenize logits' -l special
complete -c imprint -n '__fish_seen_subcommand_from tokenize' -l ids
complete -c imprint -n '__fish_seen_subcommand_from tokenize' -l decode -x
complete -c imprint -n '__fish_seen_subcommand_from logits' -l all-positions
complete -c imprint -n '__fish_seen_subcommand_from logits' -l tokens -x
complete -c imprint -n '__fish_seen_subcommand_from logits' -l top -x
complete -c imprint -n '__fish_seen_subcommand_from perplexity' -l ctx -x
complete -c imprint -n '__fish_seen_subcommand_from perplexity' -l stride -x
