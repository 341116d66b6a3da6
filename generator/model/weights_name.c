/* Rules of renaming, applied from top to bottom: whole parts of a name between dots are replaced.
 * The diffusers library calls the block's norm3 "norm2"; original files hold no tensor of that
 * name, so the rule harms none. */
#include "weights_name.h"

#include <stdio.h>
#include <string.h>

struct rule {
    const char *from, *to;
};

static const struct rule PREFIXES[] = {
    {"model.diffusion_model.", ""}, {"visual.", ""}, {"vision_model.", ""}, {0}};

static const struct rule DIT[] = {
    {"condition_embedder.image_embedder.norm1", "img_emb.proj.0"},
    {"condition_embedder.image_embedder.ff.net.0.proj", "img_emb.proj.1"},
    {"condition_embedder.image_embedder.ff.net.2", "img_emb.proj.3"},
    {"condition_embedder.image_embedder.norm2", "img_emb.proj.4"},
    {"condition_embedder.image_embedder.pos_embed", "img_emb.emb_pos"},
    {"condition_embedder.time_embedder.linear_1", "time_embedding.0"},
    {"condition_embedder.time_embedder.linear_2", "time_embedding.2"},
    {"condition_embedder.text_embedder.linear_1", "text_embedding.0"},
    {"condition_embedder.text_embedder.linear_2", "text_embedding.2"},
    {"condition_embedder.time_proj", "time_projection.1"},
    {"proj_out", "head.head"},
    {"attn1", "self_attn"},
    {"attn2", "cross_attn"},
    {"to_q", "q"},
    {"to_k", "k"},
    {"to_v", "v"},
    {"to_out.0", "o"},
    {"add_k_proj", "k_img"},
    {"add_v_proj", "v_img"},
    {"norm_added_k", "norm_k_img"},
    {"ffn.net.0.proj", "ffn.0"},
    {"ffn.net.2", "ffn.2"},
    {"norm2", "norm3"},
    {0},
};

static const struct rule UMT5[] = {
    {"encoder.embed_tokens", "token_embedding"},
    {"shared", "token_embedding"},
    {"encoder.block", "blocks"},
    {"layer.0.SelfAttention.relative_attention_bias", "pos_embedding.embedding"},
    {"layer.0.SelfAttention", "attn"},
    {"layer.0.layer_norm", "norm1"},
    {"layer.1.DenseReluDense.wi_0", "ffn.gate.0"},
    {"layer.1.DenseReluDense.wi_1", "ffn.fc1"},
    {"layer.1.DenseReluDense.wo", "ffn.fc2"},
    {"layer.1.layer_norm", "norm2"},
    {"encoder.final_layer_norm", "norm"},
    {0},
};

static const struct rule CLIP[] = {
    {"embeddings.patch_embedding", "patch_embedding"},
    {"embeddings.class_embedding", "cls_embedding"},
    {"embeddings.position_embedding.weight", "pos_embedding"},
    {"pre_layrnorm", "pre_norm"},
    {"encoder.layers", "transformer"},
    {"layer_norm1", "norm1"},
    {"layer_norm2", "norm2"},
    {"self_attn.q_proj", "attn.q"},
    {"self_attn.k_proj", "attn.k"},
    {"self_attn.v_proj", "attn.v"},
    {"self_attn.out_proj", "attn.proj"},
    {"mlp.fc1", "mlp.0"},
    {"mlp.fc2", "mlp.2"},
    {0},
};

/* Within blocks of the codec; only names that say "block" are diffusers' own there. */
static const struct rule VAE_BLOCK[] = {
    {"norm1", "residual.0"},
    {"conv1", "residual.2"},
    {"norm2", "residual.3"},
    {"conv2", "residual.6"},
    {"conv_shortcut", "shortcut"},
    {"mid_block.resnets.0", "middle.0"},
    {"mid_block.resnets.1", "middle.2"},
    {"mid_block.attentions.0", "middle.1"},
    {0},
};

/* Wan 2.1's decoder is one list in the original and groups here; both are read. */
static const struct rule VAE_UP[] = {
    {"up_blocks", "upsamples"},
    {"resnets", "upsamples"},
    {"upsamplers.0", "upsamples.3"},
    {"upsampler", "upsamples.3"},
    {0},
};

static const struct rule VAE_DOWN[] = {
    {"down_blocks", "downsamples"},
    {"resnets", "downsamples"},
    {"downsampler", "downsamples.2"},
    {0},
};

static const struct rule VAE_ENDS[] = {
    {"post_quant_conv", "conv2"}, {"quant_conv", "conv1"}, {"conv_in", "conv1"},
    {"norm_out", "head.0"},       {"conv_out", "head.2"},  {0},
};

/* The first place where `part` stands between dots or ends; NULL = nowhere. */
static char *find_part(char *name, const char *part)
{
    size_t n = strlen(part);
    for (char *at = strstr(name, part); at; at = strstr(at + 1, part))
        if ((at == name || at[-1] == '.') && (at[n] == '.' || at[n] == '\0'))
            return at;
    return NULL;
}

static bool replace(char name[WEIGHTS_NAME_ROOM], char *at, size_t old, const char *with)
{
    size_t fresh = strlen(with), rest = strlen(at + old);
    if ((size_t)(at - name) + fresh + rest >= WEIGHTS_NAME_ROOM)
        return false;
    memmove(at + fresh, at + old, rest + 1);
    memcpy(at, with, fresh);
    return true;
}

static bool apply(char name[WEIGHTS_NAME_ROOM], const struct rule *rules)
{
    for (const struct rule *r = rules; r->from; r++) {
        char *at = find_part(name, r->from);
        if (at && !replace(name, at, strlen(r->from), r->to))
            return false;
    }
    return true;
}

static bool vae_name(char name[WEIGHTS_NAME_ROOM])
{
    bool block = strstr(name, "mid_block.") || strstr(name, "_blocks."),
         up = strstr(name, "up_blocks."), down = strstr(name, "down_blocks.");
    return (!block || apply(name, VAE_BLOCK)) && (!up || apply(name, VAE_UP)) &&
           (!down || apply(name, VAE_DOWN)) && (block || apply(name, VAE_ENDS));
}

bool weights_name(enum names names, const char *from, char out[WEIGHTS_NAME_ROOM])
{
    if (strlen(from) >= WEIGHTS_NAME_ROOM)
        return false;
    strcpy(out, from);
    for (const struct rule *r = PREFIXES; r->from; r++)
        if (strncmp(out, r->from, strlen(r->from)) == 0 &&
            !replace(out, out, strlen(r->from), r->to))
            return false;
    if (names == NAMES_VAE)
        return vae_name(out);
    if (!apply(out, names == NAMES_DIT ? DIT : names == NAMES_CLIP ? CLIP : UMT5))
        return false;
    /* the head's table stands alone, a block's within it */
    char *table = names == NAMES_DIT ? find_part(out, "scale_shift_table") : NULL;
    return !table ||
           replace(out, table, strlen(table), table == out ? "head.modulation" : "modulation");
}
