/* SPDX-License-Identifier: Apache-2.0
 *
 * fail_alloc.c - preloaded; the Nth allocation finds no memory.
 *
 * Environment:
 *	FAIL_ALLOC_AT       N, counted from 1; 0 or absent: never
 *	FAIL_ALLOC_FOREVER  1: all later ones fail, too
 *	FAIL_ALLOC_SCOPE    program (default): only calls made by the program's own code;
 *	                    all: also those made by libraries
 *	FAIL_ALLOC_MARKER   gets a byte for every fault
 *	FAIL_ALLOC_COUNT    file that gets the number of allocations at exit
 */
#include <link.h>
#include <malloc.h>
#include <stdatomic.h>

#include "shim.h"

static atomic_long count;
static long fail_at;
static bool forever, everywhere;
static uintptr_t program_start, program_end;

/* The first object is the program itself. */
static int find_program(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)size;
	(void)context;
	program_start = UINTPTR_MAX;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		if (part->p_type != PT_LOAD)
			continue;
		uintptr_t start = info->dlpi_addr + part->p_vaddr;
		if (start < program_start)
			program_start = start;
		if (start + part->p_memsz > program_end)
			program_end = start + part->p_memsz;
	}
	return 1;
}

__attribute__((constructor)) static void begin(void)
{
	const char *scope = getenv("FAIL_ALLOC_SCOPE");
	dl_iterate_phdr(find_program, NULL);
	everywhere = scope && strcmp(scope, "all") == 0;
	forever = number_from("FAIL_ALLOC_FOREVER", 0) != 0;
	atomic_store(&count, 0); /* what the loader allocated does not count */
	fail_at = number_from("FAIL_ALLOC_AT", 0);
}

__attribute__((destructor)) static void finish(void)
{
	leave_number("FAIL_ALLOC_COUNT", atomic_load(&count));
}

static bool fails(const void *caller)
{
	uintptr_t address = (uintptr_t)caller;
	if (!everywhere && (address < program_start || address >= program_end))
		return false;
	long number = atomic_fetch_add(&count, 1) + 1;
	if (!fail_at || (forever ? number < fail_at : number != fail_at))
		return false;
	leave_marker("FAIL_ALLOC_MARKER");
	errno = ENOMEM;
	return true;
}

/* dlsym() itself may ask for memory before the real functions are known. */
static _Alignas(16) char early[16384];
static size_t early_used;

static void *early_alloc(size_t size)
{
	size_t start = (early_used + 15) & ~(size_t)15;
	if (size > sizeof(early) - start)
		return NULL;
	early_used = start + size;
	return early + start;
}

static bool is_early(const void *memory)
{
	return (const char *)memory >= early && (const char *)memory < early + sizeof(early);
}

static struct {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void (*free)(void *);
	int (*posix_memalign)(void **, size_t, size_t);
	void *(*aligned_alloc)(size_t, size_t);
} real;

static bool have_real(void)
{
	static bool looking;
	if (real.free)
		return true;
	if (looking)
		return false;
	looking = true;
	real.malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
	real.calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
	real.realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
	real.posix_memalign = (int (*)(void **, size_t, size_t))dlsym(RTLD_NEXT, "posix_memalign");
	real.aligned_alloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "aligned_alloc");
	real.free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	looking = false;
	return true;
}

void *malloc(size_t size)
{
	if (!have_real())
		return early_alloc(size);
	return fails(__builtin_return_address(0)) ? NULL : real.malloc(size);
}

void *calloc(size_t number, size_t size)
{
	if (!have_real())
		return early_alloc(number * size);
	return fails(__builtin_return_address(0)) ? NULL : real.calloc(number, size);
}

static void *resize(void *memory, size_t size)
{
	if (!is_early(memory))
		return real.realloc(memory, size);
	void *moved = real.malloc(size);
	size_t most = (size_t)(early + sizeof(early) - (char *)memory);
	if (moved)
		memcpy(moved, memory, size < most ? size : most);
	return moved;
}

void *realloc(void *memory, size_t size)
{
	if (!have_real())
		return memory ? NULL : early_alloc(size);
	return size && fails(__builtin_return_address(0)) ? NULL : resize(memory, size);
}

void *reallocarray(void *memory, size_t number, size_t size)
{
	size_t bytes;
	if (!have_real() || __builtin_mul_overflow(number, size, &bytes) ||
	    (bytes && fails(__builtin_return_address(0)))) {
		errno = ENOMEM;
		return NULL;
	}
	return resize(memory, bytes);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	if (!have_real() || fails(__builtin_return_address(0)))
		return ENOMEM;
	return real.posix_memalign(ret, alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	if (!have_real() || fails(__builtin_return_address(0)))
		return NULL;
	return real.aligned_alloc(alignment, size);
}

void free(void *memory)
{
	if (!is_early(memory) && have_real())
		real.free(memory);
}
