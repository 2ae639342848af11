/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/service_store.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/ownership.h"
#include "schemas/error.h"

static int find_store(struct rph_deployment *deployment, const char *option, char **ret_dir)
{
	const char *dir = option ? option : deployment->config->store.dir;
	const char *state = getenv("STATE_DIRECTORY");
	int len;
	if (*dir)
		len = asprintf(ret_dir, "%s", dir);
	else if (state && *state)
		len = asprintf(ret_dir, "%.*s/store", (int)strcspn(state, ":"), state);
	else {
		rph_buffer_add_text(
			&deployment->problem,
			"store.dir: is empty, and there is no $STATE_DIRECTORY; name the "
			"store with store.dir or --store\n");
		return RPH_E_BAD_CONFIG;
	}
	if (len < 0) {
		*ret_dir = NULL;
		return RPH_E_NO_MEMORY;
	}
	return 0;
}

int rph_service_store_open(struct rph_deployment *deployment, const char *option, char **ret_dir)
{
	char owner[RPH_OWNER_TEXT_SIZE];
	int err = find_store(deployment, option, ret_dir);
	if (!err)
		err = rph_deployment_store(deployment, *ret_dir, RPH_STORE_CREATE);
	if (err != RPH_E_STORE_BUSY)
		return err;
	rph_owner_note_read(*ret_dir, owner);
	rph_buffer_free(&deployment->problem);
	rph_buffer_format(&deployment->problem,
			  "store %s: another process is writing to it%s; it goes on alone: stop it "
			  "first if this one is to take over\n",
			  *ret_dir, owner);
	return err;
}
