# In an input, $NAME and ${NAME} stand for a CI variable, and $$ for a dollar sign. Nothing else is expanded, and nothing is run.
secret_stash_read() { # $1: the input, whose text is standard input; sets ss_value
  ss_value='' ss_rest=$(cat)
  while :; do
    case $ss_rest in *'$'*) ;; *) break ;; esac
    ss_value=$ss_value${ss_rest%%'$'*}
    ss_rest=${ss_rest#*'$'}
    ss_name='' ss_after=''
    case $ss_rest in
      '$'*) ss_rest=${ss_rest#?} ;;
      [A-Za-z_]*) ss_name=${ss_rest%%[!A-Za-z0-9_]*} ss_after=${ss_rest#"${ss_rest%%[!A-Za-z0-9_]*}"} ;;
      '{'[A-Za-z_]*'}'*) ss_name=${ss_rest#?} ss_after=${ss_rest#*'}'} ss_name=${ss_name%%'}'*} ;;
    esac
    case $ss_name in
      '' | *[!A-Za-z0-9_]*) ss_value=$ss_value'$' ;;
      *)
        case " SECRET_STASH_API_TOKEN SECRET_STASH_GRANT_KEY SECRET_STASH_ID_TOKEN ${ss_untrusted-} " in *" $ss_name "* | *' * '*) ss_set='' ;; *) eval "ss_set=\${$ss_name+set}" ;; esac
        # A pattern for paths may hold a dollar sign (`*$py.class`).
        if [ "$ss_set$1" = leak-ignore ]; then ss_value=$ss_value'$' ss_after=$ss_rest
        elif [ "$ss_set" = set ]; then eval "ss_value=\$ss_value\${$ss_name}"
        else secret_stash_fail "The input $1 refers to \$$ss_name, and this job has no such variable that an input may hold. Check its name. A protected variable exists on protected branches only. For a literal dollar sign, write \$\$."; fi
        ss_rest=$ss_after ;;
    esac
  done
  ss_value=$ss_value$ss_rest
}
secret_stash_input() { # $1: the end of the variable's name, $2: the input
  secret_stash_read "$2"
  if [ -n "$ss_value" ]; then export "SECRET_STASH_$1=$ss_value"; fi
}
