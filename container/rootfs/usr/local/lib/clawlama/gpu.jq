# Which of Ollama's runners suits the cards: CUDA 13 wants driver 580, and no card older than compute capability 7.5.
if all(.gpus[]; (.driver | split(".")[0] | tonumber) >= 580 and (.capability | tonumber) >= 7.5) then "cuda_v13" else "cuda_v12" end
