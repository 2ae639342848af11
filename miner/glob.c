/* SPDX-License-Identifier: Apache-2.0
 *
 * glob.c - one star at a time: only the last one seen needs to be tried again.
 */
#include "miner/glob.h"

static unsigned char lower_ascii(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : (unsigned char)c;
}

bool rph_glob_match(struct rph_span pattern, struct rph_span text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;

	/* Of a list of patterns nearly all fail here. */
	if (pattern.len && text.len && pattern.ptr[0] != '*' &&
	    lower_ascii(pattern.ptr[0]) != lower_ascii(text.ptr[0]))
		return false;
	while (t < text.len) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = p++;
			resume = t;
		} else if (p < pattern.len &&
			   lower_ascii(pattern.ptr[p]) == lower_ascii(text.ptr[t])) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.ptr[p] == '*')
		p++;
	return p == pattern.len;
}
