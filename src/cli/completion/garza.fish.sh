# fish completion for garza
function __garza_words
    set -l before (commandline -opc)
    garza completion words -- $before[2..] (commandline -ct) 2>/dev/null
end
complete -c garza -a '(__garza_words)'
