/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/files.h"

#include <errno.h>
#include <stdio.h>

#include "base/exit.h"
#include "image/faultlab.h"
#include "image/initramfs.h"
#include "image/kernels.h"
#include "image/rootfs.h"
#include "run/disks.h"
#include "run/job.h"
#include "run/needs.h"

static void add_words(struct strv *v, const char *words)
{
	_cleanup_free_
	char *copy = xstrdup(words ? words : "");
	char *save = NULL;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (!strv_has(v, w))
			strv_add(v, w);
}

/* Of `NAME PARAMETER=VALUE ...` the name. */
static void add_first_word(struct strv *v, const char *words)
{
	_cleanup_free_
	char *name = xstrndup(words, strcspn(words, " "));

	add_words(v, name);
}

struct needs {
	struct strv *modules, *programs;
};

static void see_need(void *arg, const char *modules, const char *programs)
{
	const struct needs *needs = arg;

	add_words(needs->modules, modules);
	add_words(needs->programs, programs);
}

static int find_root(const char *name, const struct recipe *recipe, bool may_build, char **ret,
		     struct err *err)
{
	_cleanup_root_image_ struct root_image root = { 0 };
	bool made;
	int r = root_find(name, recipe, &root, err);

	if (r == -ENOENT && may_build) {
		fprintf(stderr, "kernsoak: building the image %s, once; this takes some minutes\n",
			name);
		*err = (struct err){ 0 };
		r = root_build(name, recipe, &root, &made, err);
	}
	if (r == 0)
		*ret = TAKE(root.path, NULL);
	return r;
}

static int build(const struct settings *s, const struct kernel *k, const struct recipe *recipe,
		 bool may_fetch, char **ret, struct err *err)
{
	_cleanup_strv_ struct strv modules = { 0 }, loads = { 0 }, programs = { 0 }, own = { 0 };
	_cleanup_free_
	char *guest_dir = image_guest_dir(), *faultlab = NULL;
	struct image_want want = {
		.kernel = k,
		.modules = &modules,
		.loads = &loads,
		.programs = &programs,
		.guest_dir = guest_dir,
		.root_modules = recipe ? &recipe->modules : NULL,
	};
	struct needs needs = { &modules, &programs };

	for (size_t i = 0; i < s->guest.modules.n; i++)
		add_first_word(&modules, s->guest.modules.item[i]);
	job_image_modules(s, &own);
	for (size_t i = 0; i < own.n; i++)
		add_first_word(&modules, own.item[i]);
	for (size_t i = 0; i < s->n_loads; i++) {
		const struct load_use *use = &s->load[i];

		strv_add(&loads, use->def->name);
		load_use_needs(use, see_need, &needs);
	}
	if (s->plant.n) {
		_cleanup_free_
		char *source = faultlab_source();
		int r = faultlab_build(k, source, may_fetch, &faultlab, err);

		if (r < 0)
			return r;
		want.faultlab = faultlab;
	}
	return image_build(&want, ret, err);
}

void files_done(struct files *f)
{
	free(f->kernel);
	free(f->initrd);
	free(f->root);
	free(f->note);
	*f = (struct files){ 0 };
}

int files_find(const struct settings *s, bool may_fetch, struct files *ret, struct err *err)
{
	_cleanup_kernel_ struct kernel k = { 0 };
	_cleanup_recipe_ struct recipe recipe = { 0 };
	struct files f = { 0 };
	const char *kernel;
	int r = disks_check(s, err);

	if (r < 0)
		return r;
	r = kernel_find(s->kernel, may_fetch, &k, err);
	if (r < 0)
		return err_exit(err, EXIT_HOST_UNABLE);
	r = needs_check(s, &k, &f.note, err);
	if (r < 0)
		return r;
	kernel = s->guest.boot == BOOT_VMLINUX && k.vmlinux ? k.vmlinux : k.bzimage;
	if (!kernel)
		kernel = k.vmlinux;
	if (s->guest.image != IMAGE_LEAN) {
		r = recipe_get(image_names[s->guest.image], &recipe, err);
		if (r == 0)
			r = find_root(image_names[s->guest.image], &recipe, may_fetch, &f.root,
				      err);
	}
	if (r == 0)
		r = build(s, &k, f.root ? &recipe : NULL, may_fetch, &f.initrd, err);
	if (r < 0) {
		files_done(&f);
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	f.kernel = xstrdup(kernel);
	*ret = f;
	return 0;
}
