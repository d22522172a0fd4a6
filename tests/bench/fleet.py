"""A simulated fleet: 1,000 workers on the tasks of many tenants' videos, cut by the engine's own segmentation.

Nothing is rendered. Lengths of tasks come from measured costs; what lies between tasks are the assumptions below. A
worker is *busy* from the moment it has claimed a task until that is finished, and *drawing* while it composes and
encodes. The claim takes a tenant with the fewest tasks running, and of its tasks the oldest.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
import statistics
from collections import deque
from dataclasses import dataclass, field

from storyboard import Resolution, compile_storyboard, parse_storyboard
from storyboard.segments import segments

#: a claim's round trip to the database, seconds
CLAIM_SECONDS = 0.01
#: fetching a scene's media from the object store and putting the segment there, seconds
TRANSFER_SECONDS = 0.12
#: joining the segments of a video, seconds for each second of it
JOIN_SHARE = 0.007
#: an idle worker looks again after this long, seconds (a notification usually wakes it sooner)
POLL_SECONDS = 1.0
#: work that comes in, as a multiple of what the fleet can do: there is always a queue
OFFERED_LOAD = 1.1
FPS = 30


@dataclass(frozen=True, slots=True)
class Costs:
    """Measured: seconds of one core for a frame of 1080p, and for starting a worker on a video."""

    frame: float
    start: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """Shares of the fleet's time; waits in seconds from a video's arrival to its end; `ideal` were it alone."""

    busy: float
    drawing: float
    tasks: int
    videos: int
    small_wait: float
    small_ideal: float
    large_wait: float


@dataclass(slots=True)
class _Video:
    tenant: int
    arrived: float
    tasks: list[float]
    join: float
    left: int = 0


@dataclass(slots=True)
class _Tenant:
    waiting: deque[tuple[_Video, float]] = field(default_factory=deque)
    running: int = 0
    ticket: int = -1  #: of its one valid entry in the order; older entries are skipped


def templates(seed: int, count: int = 24) -> list[list[int]]:
    """Videos as frames of their tasks: a body with the join after it, as the engine's segmentation cuts them."""
    random_ = random.Random(seed)
    made = []
    for _ in range(count):
        scenes = [
            {
                "id": f"s{index}",
                "duration": round(random_.uniform(3.0, 9.0), 1),
                "narration": {"text": " ".join(["word"] * random_.randint(5, 18))},
                "visual": {"type": "color", "color": "#223355"},
                "transition": {"type": "fade", "duration": 0.4},
            }
            for index in range(random_.choice((3, 5, 8, 12, 20, 40)))
        ]
        board = {"version": "storyboard/1", "canvas": {"width": 1920, "height": 1080, "fps": FPS}, "scenes": scenes}
        resolution = Resolution(fonts={"Inter": "0" * 64})
        timeline = compile_storyboard(parse_storyboard(board), resolution).timeline
        tasks: list[int] = []
        for segment in segments(timeline):
            if segment.kind == "join" and tasks:
                tasks[-1] += segment.frames
            else:
                tasks.append(segment.frames)
        made.append(tasks)
    return made


def simulate(
    costs: Costs, *, workers: int = 1000, seconds: float = 900.0, tenants: int = 200, seed: int = 1
) -> Outcome:
    """Run the fleet for `seconds`. A fifth of the work is one tenant's and there from the beginning; the others'
    videos come in at random, few from most tenants."""
    arrivals = _arrivals(costs, workers, seconds, tenants, seed)
    return _Fleet(costs, workers, seconds, tenants).run(arrivals)


def _arrivals(costs: Costs, workers: int, seconds: float, tenants: int, seed: int) -> list[_Video]:
    random_ = random.Random(seed)
    kinds = templates(seed)
    weights = [1.0 / (1 + tenant) for tenant in range(tenants)]
    wanted = OFFERED_LOAD * workers * seconds
    videos: list[_Video] = []
    total = 0.0
    # The queue is full from the start: what came before the first moment is worth a twelfth of the whole.
    while total < wanted:
        frames = random_.choice(kinds)
        large = random_.random() < 0.2
        tenant = 0 if large else random_.choices(range(tenants), weights)[0]
        early = large or random_.random() < 1 / 12
        arrived = 0.0 if early else random_.uniform(0.0, seconds)
        tasks = [count * costs.frame for count in frames]
        video = _Video(tenant, arrived, tasks, JOIN_SHARE * sum(frames) / FPS, len(frames))
        total += sum(tasks) + len(tasks) * (costs.start + TRANSFER_SECONDS)
        videos.append(video)
    return sorted(videos, key=lambda video: video.arrived)


class _Fleet:
    """Events in order of time: workers that become free, and videos that come in."""

    def __init__(self, costs: Costs, workers: int, seconds: float, tenants: int) -> None:
        self._costs = costs
        self._workers = workers
        self._until = seconds
        self._tenants = [_Tenant() for _ in range(tenants)]
        self._order: list[tuple[int, int, int]] = []  # running, ticket, tenant
        self._tickets = itertools.count()
        self._busy = self._drawing = 0.0
        self._tasks = 0
        self._waits: dict[int, list[float]] = {}
        self._ideals: dict[int, list[float]] = {}

    def run(self, videos: list[_Video]) -> Outcome:
        upcoming = deque(videos)
        #: time, number, the work that ends then
        events: list[tuple[float, int, _Video | None]] = [(0.0, number, None) for number in range(self._workers)]
        heapq.heapify(events)
        number = itertools.count(self._workers)
        while events:
            now, _, ended = heapq.heappop(events)
            if now >= self._until:
                break
            while upcoming and upcoming[0].arrived <= now:
                self._accept(upcoming.popleft())
            if ended is not None:
                self._finish(ended, now)
            claimed = self._claim()
            if claimed is None:
                heapq.heappush(events, (now + POLL_SECONDS, next(number), None))
                continue
            video, work = claimed
            begun = now + CLAIM_SECONDS
            length = work + self._costs.start + TRANSFER_SECONDS
            self._busy += self._inside(begun, length)
            self._drawing += self._inside(begun, work)
            self._tasks += 1
            heapq.heappush(events, (begun + length, next(number), video))
        return self._outcome()

    def _inside(self, begun: float, length: float) -> float:
        """The part of an interval that lies before the end of the simulation."""
        return max(0.0, min(begun + length, self._until) - begun)

    def _accept(self, video: _Video) -> None:
        tenant = self._tenants[video.tenant]
        tenant.waiting.extend((video, work) for work in video.tasks)
        self._offer(video.tenant)

    def _offer(self, index: int) -> None:
        tenant = self._tenants[index]
        tenant.ticket = next(self._tickets)
        heapq.heappush(self._order, (tenant.running, tenant.ticket, index))

    def _claim(self) -> tuple[_Video, float] | None:
        while self._order:
            _, ticket, index = heapq.heappop(self._order)
            tenant = self._tenants[index]
            if ticket != tenant.ticket or not tenant.waiting:
                continue
            claimed = tenant.waiting.popleft()
            tenant.running += 1
            if tenant.waiting:
                self._offer(index)
            return claimed
        return None

    def _finish(self, video: _Video, now: float) -> None:
        tenant = self._tenants[video.tenant]
        tenant.running -= 1
        video.left -= 1
        if video.left == 0 and video.join > 0:
            # The last segment enqueues the join, ahead of the tenant's other work.
            video.left, join = 1, video.join
            video.join = 0.0
            tenant.waiting.appendleft((video, join))
        elif video.left == 0:
            self._waits.setdefault(video.tenant, []).append(now - video.arrived)
            overhead = self._costs.start + TRANSFER_SECONDS + CLAIM_SECONDS
            self._ideals.setdefault(video.tenant, []).append(max(video.tasks) + 2 * overhead)
        if tenant.waiting:
            self._offer(video.tenant)

    def _outcome(self) -> Outcome:
        whole = self._workers * self._until
        small = [wait for tenant, waits in self._waits.items() if tenant >= len(self._tenants) // 2 for wait in waits]
        ideal = [best for tenant, bests in self._ideals.items() if tenant >= len(self._tenants) // 2 for best in bests]
        large = self._waits.get(0, [])
        return Outcome(
            busy=self._busy / whole,
            drawing=self._drawing / whole,
            tasks=self._tasks,
            videos=sum(len(waits) for waits in self._waits.values()),
            small_wait=statistics.median(small) if small else math.nan,
            small_ideal=statistics.median(ideal) if ideal else math.nan,
            large_wait=statistics.median(large) if large else math.nan,
        )
