/** Asks the program itself, so that the script never falls behind it. */
export const bashScript = `# Completion of scaler-ecs for bash: source <(scaler-ecs completion bash)
_scaler_ecs() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(scaler-ecs --complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "$word"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
}
complete -o filenames -F _scaler_ecs scaler-ecs
`;

export const zshScript = `#compdef scaler-ecs
# Completion of scaler-ecs for zsh: put this into a directory of $fpath, as _scaler-ecs
_scaler_ecs() {
  local -a words_known
  words_known=("\${(@f)$(scaler-ecs --complete "\${words[@]:1:$((CURRENT - 1))}" 2>/dev/null)}")
  if [ -n "$words_known" ]; then compadd -- "\${words_known[@]}"; else _files; fi
}
if [ "$funcstack[1]" = "_scaler_ecs" ]; then _scaler_ecs "$@"; else compdef _scaler_ecs scaler-ecs; fi
`;
