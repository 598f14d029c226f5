// Where the name of each line of a chart goes: off all lines, near the place where its own is most apart from the others.

/** @typedef {[x: number, y: number]} Point in units of the drawing */
/** @typedef {{ x: number, y: number, width: number, height: number }} Box */

// In units of the drawing: a letter's width and a line's height at the size that charts are lettered in.
const LETTER = 6.6;
const LINE = 15;

/** How far around the place boxes are tried, and in which steps. */
const REACH = 130;
const GRID = 6;

/** Between a name and any line. */
const CLEAR = 3;

/** The height of a line between its points. @param {Point[]} points @param {number} x */
function heightAt(points, x) {
  const next = points.findIndex((point) => point[0] >= x);
  if (next < 0) return null;
  if (next === 0) return points[0][0] === x ? points[0][1] : null;
  const [[x0, y0], [x1, y1]] = [points[next - 1], points[next]];
  return y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
}

/** How far a line stays from a place above or below it. @param {Point[]} points @param {Point} place */
function gap(points, [x, y]) {
  const height = heightAt(points, x);
  return height === null ? Infinity : Math.abs(height - y);
}

/** Whether a line stays off a box. @param {Box} box @param {Point[]} points */
function clear({ x, y, width, height }, points) {
  const ends = [x - CLEAR, x + width + CLEAR];
  const inside = points.filter(([at]) => at > ends[0] && at < ends[1]).map((point) => point[1]);
  const heights = [...inside, ...ends.map((end) => heightAt(points, end))].filter((each) => each !== null);
  return (
    heights.every((line) => line < y - CLEAR) ||
    heights.every((line) => line > y + height + CLEAR) ||
    heights.length === 0
  );
}

/** @param {Box} a @param {Box} b */
function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** The point of a box nearest to a place. @param {Box} box @param {Point} place @returns {Point} */
function nearest({ x, y, width, height }, [px, py]) {
  return [Math.min(Math.max(px, x), x + width), Math.min(Math.max(py, y), y + height)];
}

/**
 * @param {{ name: string, points: Point[] }[]} lines
 * @param {Box} room
 * @returns {{ name: string, x: number, y: number, from: Point, to: Point }[]} the start of each name's baseline, and a line
 *   that leads from it to its own
 */
export function placeNames(lines, room) {
  /** @type {Box[]} */
  const taken = [];
  return lines.flatMap(({ name, points }) => {
    if (!name || points.length === 0) return [];
    const others = lines.filter((other) => other.points !== points).map((other) => other.points);
    const apart = (/** @type {Point} */ place) => Math.min(...others.map((other) => gap(other, place)));
    const place = points.reduce((best, point) => (apart(point) > apart(best) ? point : best));
    const width = LETTER * name.length;
    /** @type {{ box: Box, distance: number, from: Point } | null} */
    let best = null;
    for (let dx = -REACH; dx <= REACH; dx += GRID) {
      for (let dy = -REACH; dy <= REACH; dy += GRID) {
        const box = { x: place[0] + dx, y: place[1] + dy, width, height: LINE };
        const inside =
          box.x > room.x + CLEAR &&
          box.x + width < room.x + room.width &&
          box.y > room.y &&
          box.y + LINE < room.y + room.height;
        if (!inside || taken.some((other) => overlap(box, other))) continue;
        const from = nearest(box, place);
        const distance = Math.hypot(from[0] - place[0], from[1] - place[1]);
        if (best && distance >= best.distance) continue;
        if (lines.every((line) => clear(box, line.points))) best = { box, distance, from };
      }
    }
    if (!best) return [];
    taken.push(best.box);
    return [{ name, x: best.box.x, y: best.box.y + LINE - 4, from: best.from, to: place }];
  });
}
