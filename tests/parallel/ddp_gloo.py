"""The step of train.cpp in PyTorch, with DistributedDataParallel on gloo, for comparison:

    python ddp_gloo.py ranks=2 width=512 layers=4 batch=256 steps=20 bucket=25
"""
import sys, time
import torch, torch.distributed as dist, torch.multiprocessing as mp
import torch.nn as nn, torch.nn.functional as F


def train(rank, words):
    ranks, width, layers = words["ranks"], words["width"], words["layers"]
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{words['port']}", rank=rank, world_size=ranks)
    torch.manual_seed(0)
    parts = []
    for i in range(layers):
        parts += [nn.Linear(64 if i == 0 else width, width), nn.ReLU()]
    net = nn.parallel.DistributedDataParallel(nn.Sequential(*parts, nn.Linear(width, 10)), bucket_cap_mb=words["bucket"])
    adam = torch.optim.Adam(net.parameters(), 0.001)
    milliseconds = []
    for step in range(words["steps"]):
        torch.manual_seed(step)
        x, y = torch.randn(words["batch"], 64), torch.randint(10, (words["batch"],))
        x, y = x.chunk(ranks)[rank], y.chunk(ranks)[rank]
        start = time.time()
        adam.zero_grad()
        F.cross_entropy(net(x), y).backward()
        adam.step()
        milliseconds.append(1e3 * (time.time() - start))
    if rank == 0:
        milliseconds.sort()
        print(f"ranks {ranks} median_ms {milliseconds[len(milliseconds) // 2]:.3f} least_ms {milliseconds[0]:.3f}", flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    words = dict(ranks=2, width=64, layers=3, batch=32, steps=6, bucket=25, port=29517)
    words.update((key, int(value)) for key, value in (word.split("=") for word in sys.argv[1:]))
    mp.spawn(train, (words,), words["ranks"])
