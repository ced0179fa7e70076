/** A search tree that finds all intervals of byte strings over a point. */

/** Half-open interval of byte strings (latin1), with what stands on it. */
export interface Interval<T> {
  readonly low: string;
  readonly high: string;
  readonly item: T;
}

interface TreeNode<T> extends Interval<T> {
  readonly priority: number;
  /** The greatest `high` in this subtree. */
  reach: string;
  left: TreeNode<T> | undefined;
  right: TreeNode<T> | undefined;
}

const greater = (a: string, b: string) => (a > b ? a : b);

function measure<T>(node: TreeNode<T>): TreeNode<T> {
  let reach = node.high;
  if (node.left !== undefined) reach = greater(reach, node.left.reach);
  if (node.right !== undefined) reach = greater(reach, node.right.reach);
  node.reach = reach;
  return node;
}

/**
 * Intervals by their low end, in a treap that knows how far each subtree reaches: adding, removing and finding the
 * intervals over a point take O(log n) and one step for each interval found.
 */
export class IntervalTree<T> {
  #root: TreeNode<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(low: string, high: string, item: T): void {
    const node = { low, high, item, priority: Math.random(), reach: high, left: undefined, right: undefined };
    this.#root = insert(this.#root, node);
    this.#size++;
  }

  /** Removes one interval with these ends and this item. */
  remove(low: string, high: string, item: T): void {
    const found = { done: false };
    this.#root = remove(this.#root, low, high, item, found);
    if (found.done) this.#size--;
  }

  /** Calls `visit` for each interval with `low <= point < high`. */
  at(point: string, visit: (item: T) => void): void {
    const walk = (node: TreeNode<T> | undefined): void => {
      if (node === undefined || node.reach <= point) return;
      walk(node.left);
      if (node.low > point) return;
      if (point < node.high) visit(node.item);
      walk(node.right);
    };
    walk(this.#root);
  }
}

function insert<T>(root: TreeNode<T> | undefined, node: TreeNode<T>): TreeNode<T> {
  if (root === undefined) return node;
  if (node.priority > root.priority) {
    const [left, right] = split(root, node.low);
    node.left = left;
    node.right = right;
    return measure(node);
  }
  if (node.low < root.low) root.left = insert(root.left, node);
  else root.right = insert(root.right, node);
  return measure(root);
}

/** Everything below `low`, and everything at or above it. */
function split<T>(
  root: TreeNode<T> | undefined,
  low: string,
): [TreeNode<T> | undefined, TreeNode<T> | undefined] {
  if (root === undefined) return [undefined, undefined];
  if (root.low < low) {
    const [left, right] = split(root.right, low);
    root.right = left;
    return [measure(root), right];
  }
  const [left, right] = split(root.left, low);
  root.left = right;
  return [left, measure(root)];
}

function merge<T>(left: TreeNode<T> | undefined, right: TreeNode<T> | undefined): TreeNode<T> | undefined {
  if (left === undefined) return right;
  if (right === undefined) return left;
  if (left.priority > right.priority) {
    left.right = merge(left.right, right);
    return measure(left);
  }
  right.left = merge(left, right.left);
  return measure(right);
}

function remove<T>(
  root: TreeNode<T> | undefined,
  low: string,
  high: string,
  item: T,
  found: { done: boolean },
): TreeNode<T> | undefined {
  if (root === undefined) return undefined;
  if (root.low === low && root.high === high && root.item === item) {
    found.done = true;
    return merge(root.left, root.right);
  }
  // Equal low ends can stand on either side after a merge.
  if (low <= root.low) root.left = remove(root.left, low, high, item, found);
  if (!found.done && low >= root.low) root.right = remove(root.right, low, high, item, found);
  return measure(root);
}
