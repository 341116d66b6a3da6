/* Golden vectors of the solvers: tables, and trajectories for a v that depends on x ("affine") and
 * one that does not ("replay"). */
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator/model/flow.h"

static void tables(struct golden *g, const char *kase, const struct flow *f)
{
    char name[96];
    long n = 0;
    float sigma[FLOW_STEPS_MAX + 1];
    for (int i = 0; i <= f->steps; i++)
        sigma[i] = (float)f->sigma[i];
    g->most = 1e-6;
    golden_check(g, kase, "sigmas", sigma, f->steps + 1);
    snprintf(name, sizeof name, "%s.timesteps", kase);
    long long *whole = golden_whole(g, name, &n);
    bool same = whole && n == f->steps;
    for (int i = 0; same && i < f->steps; i++)
        same = (double)whole[i] == f->time[i];
    if (whole) {
        golden_say(g, kase, "timesteps", same, same ? "0 0" : "differ");
    } else {
        float time[FLOW_STEPS_MAX];
        for (int i = 0; i < f->steps; i++)
            time[i] = (float)f->time[i];
        golden_check(g, kase, "timesteps", time, f->steps);
    }
    free(whole);
}

static void trajectory(struct golden *g, const char *kase, struct flow *f, const char *function)
{
    char v_name[128], x_name[32];
    long nv = 0, nx = 0, n = f->count;
    const cJSON *affine = cJSON_GetObjectItem(g->cases, "affine");
    double a = cJSON_GetNumberValue(cJSON_GetObjectItem(affine, "a")),
           b = cJSON_GetNumberValue(cJSON_GetObjectItem(affine, "b")),
           c = cJSON_GetNumberValue(cJSON_GetObjectItem(affine, "c"));
    snprintf(v_name, sizeof v_name, "%s.%s.v", kase, function);
    snprintf(x_name, sizeof x_name, "%s.x", function);
    float *v = golden_floats(g, v_name, &nv);
    snprintf(v_name, sizeof v_name, "%s.%s", kase, x_name);
    float *x = golden_floats(g, v_name, &nx);
    if (!v || !x || nv != n * f->steps || nx != n * (f->steps + 1)) {
        golden_say(g, kase, function, false, "is not in the file");
    } else {
        for (int i = 0; i < f->steps; i++) {
            float *from = x + n * i, *to = from + n, *answer = v + n * i;
            for (long k = 0; strcmp(function, "affine") == 0 && k < n; k++)
                answer[k] = (float)(a * from[k] + b * f->time[i] / 1000 + c);
            memcpy(to, from, (size_t)n * sizeof *to);
            flow_step(f, i, answer, to, NULL);
        }
        g->most = 5e-6;
        golden_check(g, kase, x_name, x, nx);
    }
    free(v);
    free(x);
}

static void one(struct golden *g, const char *solver, int shift, int steps)
{
    static const char *const functions[] = {"affine", "replay"};
    char kase[64], name[96];
    whelk_error err = {0};
    enum flow_solver kind;
    snprintf(kase, sizeof kase, "%s.shift%d.steps%d", solver, shift, steps);
    snprintf(name, sizeof name, "%s.replay.v", kase);
    const struct st_tensor *t = safetensors_find(g->st, name);
    if (!t || !flow_solver_named(solver, &kind)) {
        golden_say(g, kase, "case", false, "is not in the file");
        return;
    }
    for (int i = 0; i < 2; i++) {
        struct flow f;
        if (!flow_init(&f, kind, steps, shift, (long)t->count / steps, &err)) {
            golden_say(g, kase, "case", false, err.text);
            return;
        }
        if (i == 0)
            tables(g, kase, &f);
        trajectory(g, kase, &f, functions[i]);
        flow_release(&f);
    }
}

void golden_flow(struct golden *g)
{
    static const char *const solvers[] = {"unipc", "dpmpp", "euler"};
    const cJSON *shift, *steps;
    g->rms = 0;
    for (int i = 0; g->st && i < 3; i++)
        cJSON_ArrayForEach(shift, cJSON_GetObjectItem(g->cases, "shifts"))
            cJSON_ArrayForEach(steps, cJSON_GetObjectItem(g->cases, "steps"))
                one(g, solvers[i], shift->valueint, steps->valueint);
}
