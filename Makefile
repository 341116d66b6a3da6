# Whelk: one line in, a film out. `make help` tells the targets. One file, no recursion: the lists below are
# explicit, products go to build/ only, and a new source file is one word in its list.

PREFIX  ?= /usr/local
DESTDIR ?=
CFLAGS  ?= -O2 -g
CXX     ?= g++
# NO_APT=1: only say which packages are missing. WERROR=1: warnings are errors. ARGS: further options of `whelk run`.
NO_APT  ?=
WERROR  ?=
ARGS    ?=
# BACKEND=cuda: tests run on the GPU too.
BACKEND ?=

VERSION := 0.1.0
# Of the man page; changes with the version.
DATE    := November 25, 2026

# The prompt reaches the program through the environment, unexpanded: quotes, dollars and newlines stay as typed.
export WHELK_PROMPT := $(value PROMPT)
unexport PROMPT

# --- Debian packages: the one list. Each has its reason in the README of the folder that uses it ---------------

APT_BUILD := gcc libc6-dev pkg-config libcjson-dev libssl-dev libcurl4-openssl-dev libdnnl-dev libavformat-dev libavcodec-dev \
	libswscale-dev libavutil-dev libgstreamer1.0-dev libges-1.0-dev libgstreamer-plugins-base1.0-dev libfluidsynth-dev \
	libebur128-dev libpango1.0-dev libedit-dev
APT_RUN   := ca-certificates libges-1.0-0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad \
	gstreamer1.0-plugins-ugly gstreamer1.0-libav gstreamer1.0-x fluidr3mono-gm-soundfont espeak-ng \
	fonts-quicksand fonts-wqy-microhei
APT_TEST  := g++ perl openssl mandoc bsdextrautils ffmpeg ges1.0-tools gstreamer1.0-tools gstreamer1.0-plugins-base-apps
APT_SLOW  := valgrind clang libclang-rt-14-dev zsh fish chromium
APT_TRAIN := python3-torch python3-numpy libopenblas0-pthread

# --- Sources ---------------------------------------------------------------------------------------------------

in = $(addprefix $(1)/,$(2))

BASE   := $(call in,pipeline/base,error.c bytes.c text.c file.c room.c digest.c json.c journal.c opt.c http.c)

# The storyboard and its changes; the offline planner; the language model as planner.
STORY  := $(call in,storyboard,card.c film.c story_check.c story_json.c story_write.c story_text.c json_text.c json_place.c \
	ops.c ops_text.c ops_words.c ops_cast.c ops_share.c ops_times.c shot_length.c plain.c plain_shots.c plain_view.c plain_film.c)
STORY  += $(call in,storyboard,lexicon.c lexicon_foreign.c words.c quotes.c wishes.c plan_offline.c plan_tell.c plan_free.c resolve.c \
	beats.c company.c grammar.c tempo.c wording.c reasons.c)
STORY  += $(call in,storyboard,sse.c chat.c chat_messages.c chat_parts.c chat_fault.c mend.c schema.c tools.c script.c plan_brief.c \
	plan_check.c plan_film.c plan_ask.c plan_scenes.c plan_llm.c plan_change.c direct.c see.c) $(addprefix build/gen/,plan_schema.c ops_schema.c)

# What every model uses; the layered model; the Wan family; operations on the CPU.
GEN    := $(call in,generator,generator.c take.c take_file.c take_request.c parts.c company.c view.c clip.c clip_read.c clip_picture.c \
	presence.c picture.c rng.c convert.c)
GEN    += $(call in,generator,shot.c codec.c codec_open.c codec_ref.c ncr.c resample.c resample16.c resample16_avx512.c compose.c \
	compose_plan.c compose_packed.c compose_packed_avx512.c compose_path.c compose_rows.c compose_matte.c)
GEN    += $(call in,generator,ncr_wan.c wan.c wan_spec.c wan_request.c wan_picture.c wan_take.c wan_text.c wan_record.c wan_frame.c wan_preview.c)
GEN    += $(call in,generator/model,safetensors.c gguf.c pickle.c zip.c mapped.c weights.c weights_name.c)
GEN    += $(call in,generator/model,model.c model_json.c goes_on.c layout.c cond.c prior.c density.c dit.c dit_ends.c dit_make.c sampler.c)
GEN    += $(call in,generator/model,unigram.c unigram_normal.c umt5.c clip.c wan_dit.c wan_dit_open.c wan_vae.c wan_codec.c \
	wan_codec_make.c wan_sample.c wan_pairs.c wan_near.c wan_pool.c wan_reuse.c wan_speed.c flow.c)
GEN    += $(call in,generator/cpu,gemm.c conv.c attention.c attention_avx512.c attention_bf16.c ops.c ref.c matmul.c \
	matmul_avx512.c matmul_amx.c weight.c rows.c crew.c)
GEN    += $(call in,generator/cuda,open.c queue.c wan_device.c wan_device_ends.c wan_device_save.c wan_device_trace.c wan_device_make.c \
	wan_device_plan.c wan_device_load.c fill.c stream.c umt5_device.c clip_device.c wan_device_speed.c wan_device_codec.c wan_device_codec_make.c wan_device_codec_slice.c dit_device.c dit_device_make.c)
# The CUDA module, where nvcc and cuDNN are; and the device that tests have in its place.
CUDA   := $(call in,generator/cuda,cuda_device.c cuda_matmul.c cuda_graphs.c cuda_attend.c cuda_convolve.c graph.c)
HOST   := generator/cuda/host.c

# Film, timeline and pictures; sound; files for others.
EDIT   := $(call in,editor,film.c check.c plan.c timeline.c clip.c title.c slate.c join.c conform.c profile.c tags.c render.c \
	verify.c watch.c preroll.c copies.c masks.c piece.c flat.c)
EDIT   += $(call in,editor,score.c compose.c melody.c harmony.c moods.c instruments.c music.c midi.c midi_read.c synth.c \
	meter.c tune.c soundtrack.c timeline_sound.c sound.c mix.c wav.c speech.c speech_words.c language.c voice.c captions.c)
EDIT   += $(call in,editor,otio.c edl.c remux.c)

# The director and its reel; the program.
FILM   := $(call in,pipeline,one_shot.c director.c llm_choose.c stream.c reel.c part.c take.c take_check.c plate.c shot_request.c \
	stage_plan.c stage_direct.c stage_shoot.c stage_cut.c dry_run.c preview.c shoot_tell.c agent_tools.c review.c look.c normal.c \
	ladder.c eyes.c frame.c change.c ask_change.c history.c clean.c)
MAIN   := $(call in,pipeline,main.c cli.c cli_llm.c cli_ask.c cli_change.c commands.c help.c manual.c complete.c reading.c batch.c \
	show.c show_live.c show_thought.c show_wait.c picture.c \
	catalogue.c hub.c hub_fetch.c hub_ranges.c hub_remove.c)
MAIN   += $(call in,pipeline,cmd_run.c cmd_plan.c cmd_shoot.c cmd_cut.c cmd_log.c cmd_status.c cmd_doctor.c cmd_model.c cmd_model_pull.c \
	cmd_help.c cmd_edit.c cmd_shots.c cmd_shot.c cmd_take.c cmd_take_show.c cmd_cutting.c cmd_title.c cmd_history.c \
	cmd_clean.c cmd_studio.c studio_line.c studio_path.c)
MAIN   += $(call in,pipeline,cmd_view.c view_data.c strip.c view_html.c view_page.c view_timeline.c view_shots.c view_story.c) \
	build/gen/view_css.c build/gen/view_js.c

PLUGIN := $(call in,plugins,plugin.c engine.c work.c tell.c video.c props.c shot.c shotprops.c shotsrc.c actor.c sound.c \
	scoresrc.c slate.c film.c filmprops.c filmsrc.c filmpictures.c filmsound.c)
WORLD  := $(call in,generator/train/world,raster.c raster_paint.c brush.c scene.c captions.c card.c places.c places_land.c \
	places_town.c places_water.c places_home.c sky.c weather.c flora.c style.c plan.c motion.c camera.c subjects.c mark.c \
	animals.c beasts.c quadruped.c child.c winged.c pond.c vehicles.c effects.c clip.c worldgen.c)
EVAL   := $(call in,generator/eval,eval.c report.c asked.c sight.c facts.c discs.c frechet.c curve.c longer.c judge.c glimpse.c glimpses.c \
	scene.c spoil.c)
GOLDEN := $(call in,tests/tool,golden.c golden_flow.c golden_dit.c golden_text.c golden_vae.c golden_clip.c golden_pipeline.c) $(HOST)

# Unit tests by what they link: tests/unit/test_NAME.c. Those of TEST_EDIT load GStreamer, whose own
# leaks would drown ours: under the sanitizers they count none (editor_fixture.h). Those of TEST_FILM make whole films and have no twin there.
TEST_BASE   := error bytes file room digest journal opt http
TEST_STORY  := long_shots story_json story_check story_ops plan_offline plan_company plan_reading plan_free plain sse chat mend schema plan_llm
# ON_DEVICE link the device made of this processor, and use a GPU with BACKEND=cuda.
ON_DEVICE   := device device_pictures encoders dit_device wan_device wan_device_save wan_device_codec wan_ncr
TEST_GEN    := safetensors model_rows golden ops ncr sampler clip compose codec take parts company view presence crew matmul unigram weights image wan wan_picture wan_pairs $(ON_DEVICE)
TEST_EDIT   := score loudness film edit_bad_input interchange soundtrack speech conform watch spare
TEST_FILM   := reel director plate review ladder
TEST_WORLD  := scene world
TEST_EVAL   := eval
TEST_PLUGIN := habits shotsrc actor slate filmsrc cancel memory
TEST_SHELL  := $(addsuffix .t,$(call in,tests,house/includes house/headers golden/golden plugins/pipelines) $(call in,tests/cli,\
	cli help view live batch studio take-show film prompt samples agent edit eyes cut sound wan gpu \
	pull t-shot t-cutting t-steps t-long t-hostile eval))
TEST_SLOW   := $(addsuffix .t,$(call in,tests,web/view slow/completion slow/fuzz slow/kill slow/stop slow/long slow/valgrind slow/valgrind-plugin))
TEST_TOOLS  := $(call in,build/tests,frames fake_llm golden host/libwhelk-cuda.so) build/eval build/worldgen
# Those that compute for 20 minutes and more under valgrind; the sanitizers watch them.
TOO_SLOW    := ops view company codec weights wan wan_picture wan_pairs $(ON_DEVICE)
# Fuzz targets, tests/fuzz/fuzz_NAME.c: of the storyboard's readers, of the generator's.
FUZZ_STORY  := sse mend schema chat film
FUZZ_GEN    := safetensors unigram pickle gguf
SAMPLES     := plan shoot cut film
GST_SAMPLES := $(addprefix build/samples/gst_,shot actor film score slate)
BENCHES     := $(addprefix bench_,engine ncr wan_ncr take film editor chat reading plugin)

# --- CUDA, where it is: CUDA_HOME= names its folder, CUDA_HOME=none leaves it out -----------------------------------

CUDA_HOME ?= $(patsubst %/bin/nvcc,%,$(firstword $(shell command -v nvcc) $(wildcard /usr/local/cuda/bin/nvcc)))
NVCC      := $(wildcard $(CUDA_HOME)/bin/nvcc)
# A recent cuDNN 9: a device can be described to it in words, as the tests do.
CUDNN_H   := $(if $(NVCC),$(shell grep -ls CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION $(wildcard \
	$(addsuffix /cudnn_graph*.h,$(CUDA_HOME)/include /usr/include /usr/include/x86_64-linux-gnu))))
HAS_CUDA  := $(if $(NVCC),$(if $(CUDNN_H),yes))
CUDA_SAYS  = $(if $(HAS_CUDA),built with $(NVCC),not built: $(if $(NVCC),$(NVCC) is here but no recent cuDNN 9 (cudnn_graph.h),no nvcc \
	in the path or in /usr/local/cuda (CUDA_HOME= names another place)))
# Machine code for Hopper, and PTX that drivers turn into code for whatever else has bf16 (Ampere and later).
CUDA_ARCH := -gencode arch=compute_80,code=compute_80 -gencode arch=compute_90,code=sm_90

# --- How things are compiled -----------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes $(if $(WERROR),-Werror)
# -fPIC: the same objects serve the program, the libraries and the plugin.
BASE_CFLAGS = -std=gnu11 -I. $(WARN) -MMD -MP -fPIC -fvisibility=hidden -DWHELK_VERSION='"$(VERSION)"' -DWHELK_DATE='"$(DATE)"' \
	-DWHELK_DATADIR='"$(PREFIX)/share/whelk"'

# pkg-config is asked once, when first needed, so that set-up can install it before.
once = $(eval $(1) := $(2))$($(1))
EDIT_PKGS := gst-editing-services-1.0 gstreamer-pbutils-1.0 gstreamer-app-1.0 fluidsynth libebur128 \
	pangocairo libavformat libavcodec libavutil
GEN_PKGS  := libavformat libavcodec libswscale libavutil
EDIT_INC  = $(call once,EDIT_INC,$(shell pkg-config --cflags $(EDIT_PKGS)))
EDIT_LIB  = $(call once,EDIT_LIB,$(shell pkg-config --libs $(EDIT_PKGS)))
GEN_INC   = $(call once,GEN_INC,$(shell pkg-config --cflags $(GEN_PKGS)))
GEN_LIB   = $(call once,GEN_LIB,$(shell pkg-config --libs $(GEN_PKGS)) -ldnnl -fopenmp)
BASE_LIB  := -lcjson -lcrypto -lcurl -lm

# Two variants of every object: build/o is what ships, build/asan what the sanitizers watch.
SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -O1
part_flags = $(if $(filter generator/train/%,$(1)),-O3,$(if $(filter generator/%,$(1)),-O3 -march=x86-64-v3 -fopenmp $(GEN_INC)))\
	$(if $(filter %_avx512.c,$(1)),-march=x86-64-v4)\
	$(if $(filter editor/% $(foreach t,$(TEST_EDIT),tests/unit/test_$(t).c),$(1)),$(EDIT_INC))\
	$(if $(filter tests/%,$(1)),-march=x86-64-v3 -fopenmp $(GEN_INC))

obj  = $(patsubst %.c,build/o/%.o,$(1))
aobj = $(patsubst %.c,build/asan/o/%.o,$(1))

LIB_BASE  := build/lib/libwhelk-base.a
LIB_STORY := build/lib/libwhelk-storyboard.a
LIB_GEN   := build/lib/libwhelk-generator.a
LIB_EDIT  := build/lib/libwhelk-editor.a
LIB_FILM  := build/lib/libwhelk.a
LIBS      := $(LIB_FILM) $(LIB_EDIT) $(LIB_GEN) $(LIB_STORY) $(LIB_BASE)

tests_of = $(foreach t,$(1),build/tests/test_$(t))
ALL_TESTS := $(call tests_of,$(if $(HAS_CUDA),cuda) $(TEST_BASE) $(TEST_STORY) $(TEST_GEN) $(TEST_EDIT) $(TEST_FILM) $(TEST_WORLD) $(TEST_EVAL)) \
	$(addprefix build/tests/fuzz_,$(FUZZ_STORY) $(FUZZ_GEN)) $(addprefix build/tests/plugins/test_,$(TEST_PLUGIN))
ASAN_TESTS := $(foreach t,$(TEST_BASE) $(TEST_STORY) $(TEST_GEN) $(TEST_EDIT) $(TEST_WORLD),build/asan/tests/test_$(t))
SAMPLE_BINS := $(addprefix build/samples/,$(SAMPLES)) $(GST_SAMPLES)

GST_PKGS  := gstreamer-base-1.0 gstreamer-video-1.0 gstreamer-audio-1.0
GST_INC    = $(call once,GST_INC,$(shell pkg-config --cflags $(GST_PKGS)))
GST_LIB    = $(call once,GST_LIB,$(shell pkg-config --libs $(GST_PKGS)))
GST_TEST_LIB = $(call once,GST_TEST_LIB,$(shell pkg-config --libs gstreamer-check-1.0 gstreamer-controller-1.0))
GST_DIR    = $(call once,GST_DIR,$(shell pkg-config --variable=pluginsdir gstreamer-1.0))

# --- Targets ---------------------------------------------------------------------------------------------------

.PHONY: all help film check check-all gpu-check gpu-kit asan bench bench-editor eval install clean setup setup-build setup-run setup-test setup-slow setup-train
.DEFAULT_GOAL := all

all: build/whelk build/worldgen

help:
	@echo 'make film PROMPT="A cat dives from a springboard into a pool"'
	@echo '                      set up, build, make the film; its path is the last line (ARGS="--size 640x360" for options)'
	@echo 'make check            set up, build, run every test (under 15 minutes)'
	@echo 'make check-all        the same and the slow ones'
	@echo 'make gpu-check        what needs an NVIDIA GPU; BACKEND=cuda with check does the same among all other tests'
	@echo 'make gpu-kit          what gpu-check runs, as one folder for a machine with a GPU and nothing else'
	@echo 'make                  build build/whelk; says what is missing, installs nothing'
	@echo 'make asan             unit tests and a shoot under address and undefined-behaviour sanitizers'
	@echo 'make bench-wan        Wan 2.1 1.3B with made-up weights: a pass, and decoding (writes 2.8 GB, removes it); on a GPU with BACKEND=cuda'
	@echo 'make bench            speed, as ratios to a rival or to the hardware in the same run'
	@echo 'make bench-editor     of these, the cut against an ffmpeg filter graph'
	@echo 'make eval             measure the shipped model into generator/weights/EVAL.md (MODEL=DIR: another)'
	@echo 'make install          to DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)'
	@echo 'CUDA module           $(strip $(CUDA_SAYS))'
	@echo 'make setup            install what building, running and testing need (apt, sudo when not root)'
	@echo 'make setup-train      install what training needs'
	@echo 'make clean            remove build/'
	@echo 'NO_APT=1 with any of them: only say what is missing.  WERROR=1: warnings are errors'

film: export NO_APT := $(NO_APT)
film: setup-run build/whelk
	@build/whelk run --prompt-env WHELK_PROMPT $(ARGS)

PROVE = WHELK=build/whelk BACKEND=$(BACKEND) prove --failures --timer -j 2

# Of the program what stays away from GStreamer: planning, shooting, looking at takes, changing.
ASAN_PROGRAM = WHELK=build/asan/whelk prove --failures --timer tests/cli/eyes.t

check: setup-run setup-test build/whelk $(ALL_TESTS) $(SAMPLE_BINS) $(INCLUDES) $(TEST_TOOLS) $(if $(SANITIZED),$(ASAN_TESTS))
	@$(PROVE) $(ALL_TESTS) $(if $(SANITIZED),$(ASAN_TESTS)) $(TEST_SHELL)

check-all: setup-run setup-test setup-slow build/whelk $(ALL_TESTS) $(ASAN_TESTS) build/asan/whelk $(SAMPLE_BINS) $(INCLUDES) $(TEST_TOOLS) \
	$(addprefix build/fuzz/,$(FUZZ_STORY) $(FUZZ_GEN))
	@FUZZERS="$(addprefix build/fuzz/,$(FUZZ_STORY) $(FUZZ_GEN))" VALGRIND_TESTS="$(call tests_of,$(filter-out $(TOO_SLOW),$(TEST_BASE) $(TEST_STORY) $(TEST_GEN)))" \
		$(PROVE) $(ALL_TESTS) $(ASAN_TESTS) $(TEST_SHELL) $(TEST_SLOW)
	@$(ASAN_PROGRAM)

# What needs a GPU, where there is one; elsewhere each says why it is skipped. One that is there and cannot be opened fails.
GPU_UNITS := $(call tests_of,golden $(ON_DEVICE))
GPU_TESTS := $(GPU_UNITS) $(if $(HAS_CUDA),$(call tests_of,cuda)) tests/golden/golden.t
gpu-check: BACKEND := cuda
gpu-check: setup-build all $(filter build/%,$(GPU_TESTS)) $(TEST_TOOLS)
	@$(PROVE) -v $(GPU_TESTS) >build/gpu-check.log; code=$$?; grep -E 'SKIP|skipped:|^#|^not ok|^Files|^Result' build/gpu-check.log; exit $$code

# The same for a machine with neither compiler nor libraries: one folder to copy there.
KIT := $(GPU_UNITS) build/tests/golden build/bench/bench_wan build/bench/bench_wan_codec
$(KIT): LDFLAGS += -Wl,--as-needed
gpu-kit: setup-build $(KIT) $(if $(HAS_CUDA),build/lib/libwhelk-cuda.so)
	$(if $(HAS_CUDA),,@echo "whelk: the CUDA module is $(strip $(CUDA_SAYS))" >&2; exit 1)
	@rm -rf build/gpu-kit && mkdir -p build/gpu-kit/lib build/gpu-kit/tests/golden build/gpu-kit/generator/weights
	@cp $(KIT) build/gpu-kit/ && cp build/lib/libwhelk-cuda.so build/gpu-kit/lib/ && cp -r tests/golden/wan tests/golden/whelk-tiny build/gpu-kit/tests/golden/
	@cp $(MODEL_FILES) build/gpu-kit/generator/weights/
	@cp tests/tool/gpu_kit.sh build/gpu-kit/run.sh && cp tests/bench/bench_wan_torch.py build/gpu-kit/
	@ldd $(KIT) | awk '/=> \// && !/lib(c|m|pthread|dl|rt|stdc[+][+]|gcc_s)\.so/ { print $$3 }' | sort -u | xargs -I{} cp -L {} build/gpu-kit/lib/
	@tar -C build -czf build/gpu-kit.tar.gz gpu-kit && du -h build/gpu-kit.tar.gz

asan: setup-test $(ASAN_TESTS) build/asan/whelk $(TEST_TOOLS)
	@$(PROVE) $(ASAN_TESTS)
	@$(ASAN_PROGRAM)

bench: build/whelk build/tests/fake_llm $(foreach b,$(BENCHES),build/bench/$(b))
	@for b in $(BENCHES); do echo "== $$b"; build/bench/$$b || exit 1; done

bench-editor: setup-run build/bench/bench_editor
	@build/bench/bench_editor

clean:
	rm -rf build

# --- Set-up: what is missing is installed for film, check and setup, told for the rest ---------------------------

film check check-all asan bench bench-editor setup setup-run setup-test setup-slow setup-train: INSTALL := $(if $(NO_APT),,yes)

missing = $$(for p in $(1); do dpkg-query -W -f='$${db:Status-Status}\n' $$p 2>/dev/null | grep -qx installed \
	|| printf ' %s' $$p; done)
# $(1) packages, $(2) what for. Root installs, others through sudo; elsewhere than on Debian the list is only told.
need = @command -v dpkg-query >/dev/null || { echo "whelk: not a Debian system: please see that there is: $(1)"; exit 0; }; \
	m="$(missing)"; [ -z "$$m" ] && exit 0; \
	if [ -z "$(INSTALL)" ]; then \
		echo "whelk: missing to $(2):$$m" >&2; echo "whelk: the cure: apt-get install$$m" >&2; exit 1; fi; \
	echo "whelk: installing what is missing to $(2):$$m" >&2; \
	as=; [ "$$(id -u)" = 0 ] || as=sudo; \
	apt="$$as env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300"; \
	$$apt install --no-install-recommends $$m >build/apt.log 2>&1 \
	|| { $$apt update >build/apt.log 2>&1 && $$apt install --no-install-recommends $$m >>build/apt.log 2>&1; } \
	|| { tail -5 build/apt.log >&2; echo "whelk: apt could not install$$m; the whole story is in build/apt.log" >&2; exit 1; }

build:
	@mkdir -p build
setup: setup-build setup-run setup-test
setup-build: | build
	$(call need,$(APT_BUILD),build)
setup-run: setup-build
	$(call need,$(APT_RUN),make films)
setup-test: setup-run
	$(call need,$(APT_TEST),test)
setup-slow: setup-test
	$(call need,$(APT_SLOW),run the slow tests)
setup-train: setup-build
	$(call need,$(APT_TRAIN),train)

# What was made on the way stays.
.SECONDARY:

# --- Objects, libraries, programs ----------------------------------------------------------------------------------

# The schemas of what a language model may write are part of the program: a C file made of each.
.PRECIOUS: build/gen/%_schema.c
build/gen/%_schema.c: storyboard/%.schema.json
	@mkdir -p $(@D)
	@{ echo 'extern const char $*_schema_json[];'; echo 'const char $*_schema_json[] ='; \
		sed 's/[\\"]/\\&/g; s/^/"/; s/$$/\\n"/' $<; echo ';'; } >$@

# So are the style and the script of view.html.
build/gen/view_%.c: pipeline/view.%
	@mkdir -p $(@D)
	@{ echo 'extern const char view_$*[];'; echo 'const char view_$*[] ='; \
		sed 's/[\\"]/\\&/g; s/^/"/; s/$$/\\n"/' $<; echo ';'; } >$@

# Order-only: packages are looked at before the first object of a run, and never cause a rebuild.
build/o/%.o: %.c | setup-build
	@mkdir -p $(@D)
	@echo "  CC  $@"; $(CC) $(BASE_CFLAGS) $(CFLAGS) $(call part_flags,$<) $(CPPFLAGS) -c $< -o $@

build/asan/o/%.o: %.c | setup-build
	@mkdir -p $(@D)
	@echo "  CC  $@"; $(CC) $(BASE_CFLAGS) $(CFLAGS) $(call part_flags,$<) $(SAN) $(CPPFLAGS) -c $< -o $@

# The Makefile counts, since it says what is in a library: objects are secondary, and one that is new does not make it old.
define library
$(1): $$(call $(2),$(3)) Makefile
	@mkdir -p $$(@D)
	@rm -f $$@
	@echo "  AR  $$@"; $$(AR) rcs $$@ $$(filter %.o,$$^)
endef
$(eval $(call library,$(LIB_BASE),obj,$(BASE)))
$(eval $(call library,$(LIB_STORY),obj,$(STORY)))
$(eval $(call library,$(LIB_GEN),obj,$(GEN)))
$(eval $(call library,$(LIB_EDIT),obj,$(EDIT)))
$(eval $(call library,$(LIB_FILM),obj,$(FILM)))

build/whelk: $(call obj,$(MAIN)) $(LIBS)
	@echo "  LD  $@"; $(CC) $(CFLAGS) $(LDFLAGS) $^ $(EDIT_LIB) $(GEN_LIB) $(BASE_LIB) -ledit -o $@

build/asan/whelk: $(call aobj,$(MAIN) $(FILM) $(EDIT) $(GEN) $(STORY) $(BASE))
	@mkdir -p $(@D)
	@echo "  LD  $@"; $(CC) $(CFLAGS) $(SAN) $(LDFLAGS) $^ $(EDIT_LIB) $(GEN_LIB) $(BASE_LIB) -ledit -o $@
# The report goes beside the weights, the sheet of frames to build/.
eval: build/eval build/worldgen
	@build/eval $(if $(MODEL),--model $(MODEL)) --out $(or $(MODEL),generator/weights)/EVAL.md --sheet build/eval.png \
		--curve $(or $(MODEL),generator/weights)/ncr.svg $(ARGS)
	@echo $(or $(MODEL),generator/weights)/EVAL.md build/eval.png

build/eval: $(call obj,$(EVAL)) $(LIB_GEN) $(LIB_BASE)
	@echo "  LD  $@"; $(CC) $(CFLAGS) $(LDFLAGS) $^ $(GEN_LIB) $(BASE_LIB) -o $@

build/worldgen: $(call obj,$(WORLD))
	@echo "  LD  $@"; $(CC) $(CFLAGS) $(LDFLAGS) $^ -lm -o $@

# The CUDA module: opened at run time (generator/cuda/open.c), never linked; nor is the driver.
CUDA_OBJ := $(call obj,$(CUDA)) build/o/generator/cuda/kernels.o
CUDA_LIB := -L$(CUDA_HOME)/lib64 -Wl,-rpath,$(CUDA_HOME)/lib64 -lcudnn -lcublasLt -lcudart_static -lstdc++ -ldl -lrt -lpthread
all: $(if $(HAS_CUDA),build/lib/libwhelk-cuda.so)
$(call obj,$(CUDA)): CPPFLAGS += -isystem $(CUDA_HOME)/include
build/o/generator/cuda/open.o: CPPFLAGS += -DWHELK_LIBDIR='"$(PREFIX)/lib"'
build/o/generator/cuda/kernels.o: generator/cuda/kernels.cu | setup-build
	@mkdir -p $(@D)
	@echo "  NVCC  $@"; $(NVCC) -std=c++17 -O3 $(CUDA_ARCH) $(if $(WERROR),-Werror all-warnings) -Xcompiler -fPIC,-fvisibility=hidden,-fno-threadsafe-statics \
		-I. -MD -MP -MF $(@:.o=.d) -c $< -o $@ \
		|| { echo "whelk: $(NVCC) cannot compile the CUDA module; make CUDA_HOME=none leaves it out" >&2; exit 1; }
build/lib/libwhelk-cuda.so: $(CUDA_OBJ) $(LIB_BASE)
	@mkdir -p $(@D)
	@echo "  LD  $@"; $(CC) -shared $(CFLAGS) $(LDFLAGS) $^ $(CUDA_LIB) -o $@

build/o/tests/unit/test_cuda.o: CPPFLAGS += -isystem $(CUDA_HOME)/include -DCUDA_STUB='"$(CUDA_HOME)/lib64/stubs/libcuda.so"'
build/tests/test_cuda: build/o/tests/unit/test_cuda.o $(CUDA_OBJ) $(LIB_GEN) $(LIB_BASE) | build/lib/libwhelk-cuda.so
	@mkdir -p $(@D)
	@echo "  LD  $@"; $(CC) $(CFLAGS) $(LDFLAGS) $^ $(CUDA_LIB) -lm -o $@
$(call tests_of,golden wan wan_picture $(ON_DEVICE)): $(call obj,$(HOST))
$(addprefix build/asan/tests/test_,golden wan wan_picture $(ON_DEVICE)): $(call aobj,$(HOST))
DEEP := tests/tool/wan_deep.c
build/tests/test_wan_picture build/tests/test_wan_pairs build/bench/bench_wan_ncr: $(call obj,$(DEEP))
build/asan/tests/test_wan_picture build/asan/tests/test_wan_pairs: $(call aobj,$(DEEP))

# $(1) tests, $(2) libraries in link order, $(3) outside libraries, $(4) sources of those libraries (for the asan twin)
define test_programs
$(call tests_of,$(1)): build/tests/%: build/o/tests/unit/%.o $(2)
	@mkdir -p $$(@D)
	@echo "  LD  $$@"; $$(CC) $$(CFLAGS) $$(LDFLAGS) $$^ $(3) $$(BASE_LIB) -o $$@
$(foreach t,$(1),build/asan/tests/test_$(t)): build/asan/tests/%: build/asan/o/tests/unit/%.o $$(call aobj,$(4))
	@mkdir -p $$(@D)
	@echo "  LD  $$@"; $$(CC) $$(CFLAGS) $$(SAN) $$(LDFLAGS) $$^ $(3) $$(BASE_LIB) -o $$@
endef
$(eval $(call test_programs,$(TEST_BASE),$(LIB_BASE),,$(BASE)))
$(eval $(call test_programs,$(TEST_STORY),$(LIB_STORY) $(LIB_BASE),,$(STORY) $(BASE)))
$(eval $(call test_programs,$(TEST_GEN),$(LIB_GEN) $(LIB_BASE),$$(GEN_LIB),$(GEN) $(BASE)))
$(eval $(call test_programs,$(TEST_EDIT),$(LIB_EDIT) $(LIB_BASE),$$(EDIT_LIB),$(EDIT) $(BASE)))
$(eval $(call test_programs,$(TEST_FILM),$(LIBS),$$(EDIT_LIB) $$(GEN_LIB),$(FILM) $(EDIT) $(GEN) $(STORY) $(BASE)))
$(eval $(call test_programs,$(TEST_EVAL),$(call obj,$(filter-out %/eval.c,$(EVAL))) $(LIB_GEN) $(LIB_BASE),$$(GEN_LIB),$(filter-out %/eval.c,$(EVAL)) $(GEN) $(BASE)))
build/tests/test_eval: | build/worldgen
$(foreach t,plan_offline plan_llm,build/tests/test_$(t) build/asan/tests/test_$(t)): | build/worldgen
$(eval $(call test_programs,$(TEST_WORLD),$(call obj,$(filter-out %/worldgen.c,$(WORLD))),,$(filter-out %/worldgen.c,$(WORLD))))

build/bench/%: build/o/tests/bench/%.o $(LIBS)
	@mkdir -p $(@D)
	@echo "  LD  $@"; $(CC) $(CFLAGS) $(LDFLAGS) $^ $(EDIT_LIB) $(GEN_LIB) $(BASE_LIB) -o $@

# A fuzz target over its corpus, for `make check`; the same under libFuzzer, for `make check-all`.
$(addprefix build/tests/fuzz_,$(FUZZ_STORY)): build/tests/fuzz_%: build/o/tests/fuzz/fuzz_%.o \
		build/o/tests/fuzz/corpus.o $(LIB_STORY) $(LIB_BASE)
	@mkdir -p $(@D)
	@echo "  LD  $@"; $(CC) $(CFLAGS) $(LDFLAGS) $^ $(BASE_LIB) -o $@
$(addprefix build/tests/fuzz_,$(FUZZ_GEN)): build/tests/fuzz_%: build/o/tests/fuzz/fuzz_%.o build/o/tests/fuzz/corpus.o $(LIB_GEN) $(LIB_BASE)
	@mkdir -p $(@D)
	@echo "  LD  $@"; $(CC) $(CFLAGS) $(LDFLAGS) $^ $(GEN_LIB) $(BASE_LIB) -o $@
FUZZ_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -O1
build/fuzz/o/%.o: %.c | setup-slow
	@mkdir -p $(@D)
	@echo "  CC  $@"; clang $(BASE_CFLAGS) -g $(FUZZ_FLAGS) $(if $(filter generator/%,$<),-march=x86-64-v3) -fsanitize=fuzzer-no-link -c $< -o $@
$(addprefix build/fuzz/,$(FUZZ_STORY)): build/fuzz/%: build/fuzz/o/tests/fuzz/fuzz_%.o \
		$(patsubst %.c,build/fuzz/o/%.o,$(STORY) $(BASE))
	@echo "  LD  $@"; clang $(FUZZ_FLAGS) -fsanitize=fuzzer $^ $(BASE_LIB) -o $@

FUZZ_READERS := $(addprefix generator/, model/safetensors.c model/unigram.c model/unigram_normal.c model/pickle.c model/zip.c \
	model/mapped.c model/gguf.c cpu/weight.c)
$(addprefix build/fuzz/,$(FUZZ_GEN)): build/fuzz/%: build/fuzz/o/tests/fuzz/fuzz_%.o \
		$(patsubst %.c,build/fuzz/o/%.o,$(FUZZ_READERS) $(BASE))
	@echo "  LD  $@"; clang $(FUZZ_FLAGS) -fsanitize=fuzzer $^ $(BASE_LIB) -o $@

# Looks at films and clips for the shell tests; plays a language model's server.
build/tests/fake_llm: build/o/tests/tool/fake_llm.o
	@mkdir -p $(@D)
	@echo "  LD  $@"; $(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@
build/tests/frames: build/o/tests/tool/frames.o $(LIB_GEN) $(LIB_BASE)
	@mkdir -p $(@D)
	@echo "  LD  $@"; $(CC) $(CFLAGS) $(LDFLAGS) $^ $(GEN_LIB) $(BASE_LIB) -o $@

# Runs golden vectors: build/tests/golden FOLDER...
build/tests/golden: $(call obj,$(GOLDEN)) $(LIB_GEN) $(LIB_BASE)
	@mkdir -p $(@D)
	@echo "  LD  $@"; $(CC) $(CFLAGS) $(LDFLAGS) $^ $(GEN_LIB) $(BASE_LIB) -o $@

# The device of tests as a module: what --backend cuda finds beside a copy of the program.
build/tests/host/libwhelk-cuda.so: build/o/tests/tool/host_module.o $(call obj,$(HOST)) $(LIB_BASE)
	@mkdir -p $(@D)
	@echo "  LD  $@"; $(CC) -shared $(CFLAGS) $(LDFLAGS) $^ -fopenmp $(BASE_LIB) -o $@

.PHONY: bench-wan
bench-wan: build/bench/bench_wan build/bench/bench_wan_codec
	build/bench/bench_wan $(if $(filter cuda,$(BACKEND)),--cuda)
	build/bench/bench_wan_codec $(if $(filter cuda,$(BACKEND)),--cuda)
	$(if $(filter cuda,$(BACKEND)),-python3 tests/bench/bench_wan_torch.py)
build/bench/bench_wan build/bench/bench_wan_codec: $(call obj,$(HOST))

# --- Installed headers: `#include <whelk/generator.h>`, from the build tree too -------------------------------------

HEADERS := pipeline/base/error.h pipeline/base/note.h storyboard/storyboard.h generator/generator.h editor/editor.h \
	pipeline/director.h
INCLUDES := $(addprefix build/include/whelk/,$(notdir $(HEADERS)))

define header
build/include/whelk/$(notdir $(1)): $(1)
	@mkdir -p $$(@D)
	@sed -E 's|#include "(\.\./)?(pipeline/)?(base/)?([a-z]+\.h)"|#include "\4"|' $$< >$$@
endef
$(foreach h,$(HEADERS),$(eval $(call header,$(h))))

build/samples/%: samples/%.c $(LIBS) $(INCLUDES) Makefile
	@mkdir -p $(@D)
	@echo "  CC  $@"; $(CC) -std=c11 $(WARN) $(CFLAGS) -Ibuild/include $< $(LIBS) $(EDIT_LIB) $(GEN_LIB) $(BASE_LIB) -o $@

-include $(shell find build -name '*.d' 2>/dev/null)

# --- Install: program, libraries, headers, pkg-config files, model ---------------------------------------------------

MODEL_FILES = $(wildcard generator/weights/*.json generator/weights/*.safetensors)
inst = install -D -m $(1) $(2) $(DESTDIR)$(PREFIX)/$(3)

define pkgconfig
build/pc/$(1).pc: Makefile
	@mkdir -p $$(@D)
	@printf '%s\n' 'prefix=$(PREFIX)' 'Name: $(1)' 'Description: $(2)' 'Version: $(VERSION)' \
		'Cflags: -I$$$${prefix}/include' 'Libs: -L$$$${prefix}/lib $(3)' 'Requires.private: $(4)' 'Libs.private: $(5)' >$$@
endef
$(eval $(call pkgconfig,whelk-storyboard,storyboards and planners,-lwhelk-storyboard -lwhelk-base,libcjson libcrypto libcurl,-lm))
$(eval $(call pkgconfig,whelk-generator,video diffusion engine,-lwhelk-generator -lwhelk-base,libcjson libcrypto libcurl $(GEN_PKGS),-ldnnl -fopenmp -lm))
$(eval $(call pkgconfig,whelk-editor,cuts titles and scores films,-lwhelk-editor -lwhelk-base,libcjson libcrypto libcurl $(EDIT_PKGS),-lm))
$(eval $(call pkgconfig,whelk,a line of text to a film,-lwhelk -lwhelk-editor -lwhelk-generator -lwhelk-storyboard -lwhelk-base,libcjson libcrypto libcurl $(GEN_PKGS) $(EDIT_PKGS),-ldnnl -fopenmp -lm))
PC := $(addprefix build/pc/,whelk-storyboard.pc whelk-generator.pc whelk-editor.pc whelk.pc)

# What is printed from the table of options.
build/share/whelk.1: build/whelk
	@mkdir -p $(@D)
	@build/whelk help --man >$@
build/share/whelk.%: build/whelk
	@mkdir -p $(@D)
	@build/whelk help --completion $* >$@

install: build/share/whelk.1 build/share/whelk.bash build/share/whelk.zsh build/share/whelk.fish
install: build/whelk $(LIBS) $(INCLUDES) $(PC) $(if $(HAS_CUDA),build/lib/libwhelk-cuda.so)
	$(call inst,755,build/whelk,bin/whelk)
	for f in $(LIBS); do $(call inst,644,$$f,lib/$$(basename $$f)) || exit 1; done
	for f in $(INCLUDES); do $(call inst,644,$$f,include/whelk/$$(basename $$f)) || exit 1; done
	for f in $(PC); do $(call inst,644,$$f,lib/pkgconfig/$$(basename $$f)) || exit 1; done
	for f in $(MODEL_FILES); do $(call inst,644,$$f,share/whelk/models/whelk-mini/$$(basename $$f)) || exit 1; done
	$(call inst,644,pipeline/catalogue.json,share/whelk/catalogue.json)
	$(if $(HAS_CUDA),$(call inst,644,build/lib/libwhelk-cuda.so,lib/whelk/libwhelk-cuda.so))
	$(call inst,644,build/share/whelk.1,share/man/man1/whelk.1)
	$(call inst,644,build/share/whelk.bash,share/bash-completion/completions/whelk)
	$(call inst,644,build/share/whelk.zsh,share/zsh/site-functions/_whelk)
	$(call inst,644,build/share/whelk.fish,share/fish/vendor_completions.d/whelk.fish)

# --- The plugin ------------------------------------------------------------------------------------------------------

# The plugin itself is light (plugins/engine.h); what it works with is the module beside it. In its tests the libraries
# serve as a yardstick.
all: build/plugins/libgstwhelk.so build/lib/libwhelk-engine.so
build/o/plugins/%.o: CPPFLAGS += $(GST_INC) -DWHELK_LIBDIR='"$(PREFIX)/lib"'
build/o/tests/bench/bench_plugin.o: CPPFLAGS += $(GST_INC)
build/o/tests/plugins/%.o: CPPFLAGS += $(GST_INC) -DGST_SYSTEM_PLUGINS='"$(GST_DIR)"'

build/plugins/libgstwhelk.so: $(call obj,$(PLUGIN)) $(LIB_BASE)
	@mkdir -p $(@D)
	@echo "  LD  $@"; $(CC) -shared $(CFLAGS) $(LDFLAGS) -Wl,--as-needed $^ $(GST_LIB) -lm -o $@

build/lib/libwhelk-engine.so: $(call obj,plugins/engine_module.c) $(LIBS)
	@mkdir -p $(@D)
	@echo "  LD  $@"; $(CC) -shared $(CFLAGS) $(LDFLAGS) $^ $(EDIT_LIB) $(GEN_LIB) $(BASE_LIB) -o $@

build/tests/plugins/%: build/o/tests/plugins/%.o $(LIBS) | build/plugins/libgstwhelk.so build/lib/libwhelk-engine.so
	@mkdir -p $(@D)
	@echo "  LD  $@"; $(CC) $(CFLAGS) $(LDFLAGS) $^ $(GST_LIB) $(GST_TEST_LIB) $(EDIT_LIB) $(GEN_LIB) $(BASE_LIB) -o $@

build/bench/bench_plugin: | build/plugins/libgstwhelk.so build/lib/libwhelk-engine.so

# Programs of GStreamer's own, which know nothing of Whelk but its elements.
$(GST_SAMPLES): build/samples/%: samples/%.c Makefile | build/plugins/libgstwhelk.so build/lib/libwhelk-engine.so
	@mkdir -p $(@D)
	@echo "  CC  $@"; $(CC) -std=gnu11 $(WARN) $(CFLAGS) $(GST_INC) $< $(GST_LIB) $(GST_TEST_LIB) -o $@

# It goes where GStreamer looks for plugins: PLUGIN_DIR= names another place.
PLUGIN_DIR = $(GST_DIR)
.PHONY: install-plugin
install: install-plugin
install-plugin: build/plugins/libgstwhelk.so build/lib/libwhelk-engine.so
	install -D -m 644 build/plugins/libgstwhelk.so $(DESTDIR)$(PLUGIN_DIR)/libgstwhelk.so
	$(call inst,644,build/lib/libwhelk-engine.so,lib/whelk/libwhelk-engine.so)
