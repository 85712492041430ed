#compdef lwctl
# SPDX-License-Identifier: MIT
# zsh completion of lwctl, made by "lwctl completion zsh"

# The devices' names, by the lwctl that is on the command line.
_lwctl_devices()
{
	local -a names
	names=(${(f)"$($lwctl devices 2>/dev/null)"})
	compadd "$@" -- ${names%%  *}
}

_lwctl()
{
	local lwctl=$words[1] command=$words[2]
	if (( CURRENT == 2 )); then
		_lwctl_commands
		return
	fi
	shift words
	(( CURRENT-- ))
	_lwctl_arguments
}
