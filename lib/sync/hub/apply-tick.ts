/** Makes a committed tick the present: moves nodes and feeds, then tells the subscriptions. */

import { SubscriptionClosedError } from "../../errors.js";
import type { Change, ChangeTransition, Queries } from "../live/index.js";
import type { Feed, LiveNode } from "../node/index.js";
import type { Shape, Subscriber } from "../shape/index.js";
import type { View } from "../view/index.js";
import { changeTransition, type Views } from "../view/index.js";
import { faultOfPart } from "./faults.js";
import type { MoveRequest } from "./move-request.js";
import type { Tick } from "./tick.js";
import type { TickHub } from "./tick-hub.js";

/** Everything moves before anybody is told: nobody is told of half a step. */
export function applyTick(hub: TickHub, tick: Tick, requests: readonly MoveRequest[]): void {
  const moved = shapesThatMove(hub, tick);
  const before = new Map<Shape, Views>();
  for (const shape of moved) before.set(shape, shape.views());
  const movers = requests.map((request) => ({ request, before: request.subscriber.views() }));
  const moving = new Set<Subscriber>(requests.map((request) => request.subscriber));

  countWork(tick);
  applyNodes(hub, tick);
  const feeds = settleFeeds(hub, tick);
  relink(hub, tick);
  for (const shape of moved) shape.moved();

  // Who ends is not told of a step in which some of its labels stood still.
  const silent = new Set([...moving, ...failing(hub, tick).keys()]);
  for (const shape of moved) announce(hub, tick, shape, before.get(shape)!, silent);
  for (const mover of movers) move(hub, tick, mover.request, mover.before);
  for (const [subscriber, error] of failing(hub, tick)) subscriber.fail(error);
  for (const shape of hub.shapes.still) shape.reach(tick.reader.version);
  tick.unpin();
  for (const feed of feeds) {
    if (hub.feeds.get(feed.id) !== feed) continue;
    hub.states.caughtUp(feed);
    if (!feed.watched) hub.poke(feed);
    else hub.states.watchSet(feed);
  }
}

function shapesThatMove(hub: TickHub, tick: Tick): Set<Shape> {
  const shapes = new Set<Shape>();
  for (const [node, draft] of tick.drafts) {
    if (draft.changes.length > 0) for (const shape of hub.shapes.of(node)) shapes.add(shape);
  }
  return shapes;
}

function countWork(tick: Tick): void {
  for (const node of tick.evaluated) {
    const wasted = (tick.drafts.get(node)?.changes.length ?? 0) === 0 ? 1 : 0;
    node.evaluations++;
    node.wasted += wasted;
    if (node.feed === undefined) continue;
    const { stats } = node.feed;
    stats.evaluations++;
    stats.wasted += wasted;
  }
}

function applyNodes(hub: TickHub, tick: Tick): void {
  for (const [identity, node] of tick.created) {
    if (!tick.drafts.has(node)) continue;
    hub.nodes.set(identity, node);
    if (node.feed !== undefined) {
      hub.feeds.set(node.feed.id, node.feed);
      node.feed.join(node);
    }
  }
  for (const [node, draft] of tick.drafts) if (hub.nodes.get(node.identity) === node) draft.apply();
}

/** Feeds that were read are at the tick's version, and watched; those that nothing stands on are given up. */
function settleFeeds(hub: TickHub, tick: Tick): Feed[] {
  const feeds = [...tick.advanced, ...tick.newFeeds.values()];
  for (const feed of feeds) {
    feed.settle(tick);
    if (hub.feeds.get(feed.id) !== feed) feed.dispose();
  }
  hub.tenantWatch.settle(feeds);
  return feeds;
}

function relink(hub: TickHub, tick: Tick): void {
  const shapes = new Set<Shape>();
  for (const [node, draft] of tick.drafts) {
    if (draft.relink === true) for (const shape of hub.shapes.of(node)) shapes.add(shape);
  }
  for (const shape of shapes) {
    shape.link();
    hub.shapes.linked(shape);
  }
}

/** One transition for all subscriptions of a shape. */
function announce(
  hub: TickHub,
  tick: Tick,
  shape: Shape,
  before: Views,
  silent: ReadonlySet<Subscriber>,
): void {
  const changes = new Map<string, readonly Change<unknown>[]>();
  const previous = new Map<string, View>();
  const commits = new Set<string>();
  for (const { name, node } of shape.labels) {
    const draft = tick.drafts.get(node);
    if (draft === undefined || draft.changes.length === 0) continue;
    changes.set(name, draft.changes);
    previous.set(name, before.labels.get(name)!.view);
    for (const commit of draft.commits) commits.add(commit);
  }
  const { version } = tick.reader;
  const cursor = shape.cursorFor(version);
  hub.stats.transitions++;
  // Subscriptions differ in nothing but the transition they were told last.
  const made = new Map<bigint, ChangeTransition<Queries>>();
  for (const subscriber of [...shape.subscribers]) {
    if (silent.has(subscriber) || subscriber.paused) continue;
    const from = subscriber.told;
    let transition = made.get(from);
    if (transition === undefined) {
      transition = changeTransition(from, version, cursor, changes, previous, commits.size);
      made.set(from, transition);
    }
    try {
      subscriber.deliver(transition, before);
    } catch (error) {
      subscriber.fail(faultOfPart(error));
    }
  }
}

function move(hub: TickHub, tick: Tick, request: MoveRequest, before: Views): void {
  if (request.subscriber.closed) {
    request.reject(new SubscriptionClosedError("The subscription was closed before its labels were ready."));
    return;
  }
  if (request.fault !== undefined) {
    request.reject(request.fault.error);
    return;
  }
  try {
    request.done(hub.shapes.share(request.labels, tick.reader.version), before, commitsOf(tick, request));
  } catch (thrown) {
    const error = faultOfPart(thrown);
    request.reject(error);
    // Its labels are others already, and nobody was told.
    request.subscriber.fail(error);
  }
}

/** Commits behind the changes of the labels. */
function commitsOf(tick: Tick, { labels }: MoveRequest): number {
  return new Set(labels.flatMap(({ node }) => tick.drafts.get(node)?.commits ?? [])).size;
}

/** Subscriptions with a label that could not be worked out, and why. */
function failing(hub: TickHub, tick: Tick): ReadonlyMap<Subscriber, unknown> {
  const subscribers = new Map<Subscriber, unknown>();
  const seen = new Set<LiveNode>();
  const note = (node: LiveNode, error: unknown) => {
    if (seen.has(node)) return;
    seen.add(node);
    for (const shape of hub.shapes.of(node))
      for (const subscriber of shape.subscribers) subscribers.set(subscriber, error);
    for (const parent of node.parents ?? []) note(parent, error);
  };
  for (const [node, error] of tick.failed) note(node, error);
  return subscribers;
}
