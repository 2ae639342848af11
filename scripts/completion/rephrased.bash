# SPDX-License-Identifier: Apache-2.0
# Completion of rephrased for bash. Options are read from each subcommand's own --help, so that this
# file knows none of them and cannot fall behind.
_rephrased()
{
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local commands="run check replay export pairs explain rewrite review forget verify calibrate generate"
	local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]}
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$current")
		return
	fi
	[[ " $commands " == *" $command "* ]] || return
	if [[ $current == -* ]]; then
		local options
		options=$("$program" "$command" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u)
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
		return
	fi
	case $command:$previous in
	*:--store | *:--out | *:--export-dir | *:--out-dir)
		mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
	review:*)
		mapfile -t COMPREPLY < <(compgen -W "approve deny reset" -- "$current") ;;
	*)
		mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
	esac
}
complete -o filenames -F _rephrased rephrased
