# SPDX-License-Identifier: MIT
# bash completion of lwctl, made by "lwctl completion bash"

# Files whose names end with one of the extensions $@, and folders.
_lwctl_files()
{
	local extension
	compopt -o filenames
	for extension; do
		mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(
			compgen -f -X "!*.$extension" -- "$cur")
	done
	mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "$cur")
	# Where there are none bash offers all files.
	((${#COMPREPLY[@]})) || compopt -o default
}

_lwctl_any_file()
{
	compopt -o default
}

# A word before this one ends with extension $1.
_lwctl_given()
{
	[[ " ${COMP_WORDS[*]:2:COMP_CWORD - 2} " == *."$1"\ * ]]
}

# One of the words $@.
_lwctl_words()
{
	mapfile -t COMPREPLY < <(compgen -W "$*" -- "$cur")
}

# Some of them, with commas between them.
_lwctl_list()
{
	local first=
	[[ $cur != *,* ]] || first=${cur%,*},
	mapfile -t COMPREPLY < <(
		compgen -P "$first" -W "$*" -- "${cur##*,}")
	compopt -o nospace
}

# The devices' names, by the lwctl that is on the command line.
_lwctl_devices()
{
	"$lwctl" devices 2>/dev/null | sed 's/  .*//'
}

# Sets $cur to the word to complete and $option to what is before it. For bash,
# "--option=value" is three words and "opencl:0" too, unless the user has
# changed COMP_WORDBREAKS.
_lwctl_split()
{
	local i=$COMP_CWORD
	cur=${COMP_WORDS[i]}
	while ((i > 2)) && [[ $cur == :* || ${COMP_WORDS[i - 1]} == : ]]; do
		((i--))
		cur=${COMP_WORDS[i]}$cur
	done
	if [[ $cur == --*=* ]]; then
		option=${cur%%=*} cur=${cur#*=} prefix=$option=
	elif [[ $cur == =* ]]; then
		option=${COMP_WORDS[i - 1]} cur=${cur#=}
	elif [[ ${COMP_WORDS[i - 1]} == = ]]; then
		option=${COMP_WORDS[i - 2]}
	else
		option=${COMP_WORDS[i - 1]}
	fi
}

# What was typed up to a colon is not the word that bash replaces.
_lwctl_trim()
{
	local typed=$prefix$cur before
	COMPREPLY=("${COMPREPLY[@]/#/$prefix}")
	[[ $typed == *:* && $COMP_WORDBREAKS == *:* ]] || return
	before=${typed%"${typed##*:}"}
	COMPREPLY=("${COMPREPLY[@]#"$before"}")
}

_lwctl()
{
	local lwctl=$1 command=${COMP_WORDS[1]} cur option prefix=
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(
			compgen -W "$(_lwctl_commands)" -- "$2")
		return
	fi
	_lwctl_split
	if _lwctl_value; then
		:
	elif [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(
			compgen -W "$(_lwctl_options)" -- "$cur")
		[[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace
	else
		_lwctl_argument
	fi
	((${#COMPREPLY[@]} == 0)) || _lwctl_trim
}

complete -F _lwctl lwctl
