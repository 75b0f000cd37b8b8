# fish completion for garza
function __garza_words
    set -l before (commandline -opc)
    set -l found (garza completion words -- $before[2..] (commandline -ct) 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c garza -f -k -a '(__garza_words)'
