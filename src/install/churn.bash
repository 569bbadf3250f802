# bash completion for churn. Verbs and options are asked of the program, so they are always those it has.
_churn() {
  local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    local verbs
    verbs=$("${COMP_WORDS[0]}" --help 2>/dev/null | sed -n 's/^  churn \([a-z]*\) .*/\1/p')
    mapfile -t COMPREPLY < <(compgen -W "$verbs --help --version" -- "$word")
  elif [ "$previous" = --by ] && [ "$verb" != rates ] && [ "$verb" != reps ]; then
    mapfile -t COMPREPLY < <(compgen -W "probability expected-loss worth" -- "$word")
  elif [ "$previous" = --lang ]; then
    mapfile -t COMPREPLY < <(compgen -W "en zh" -- "$word")
  elif [[ $word == -* ]]; then
    local options
    options=$("${COMP_WORDS[0]}" "$verb" --help 2>/dev/null | grep -oE -- '--[a-z-]+')
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}
complete -o filenames -F _churn churn
