// Lengths and middles of lines, in metres, on a sphere; good to a per mille within a town.

const RADIUS_M = 6371008.8;
const radians = (degrees) => (degrees * Math.PI) / 180;

function distance([lon1, lat1], [lon2, lat2]) {
  const x = radians(lon2 - lon1) * Math.cos(radians((lat1 + lat2) / 2));
  return RADIUS_M * Math.hypot(x, radians(lat2 - lat1));
}

export function lineLength(line) {
  let sum = 0;
  for (let i = 1; i < line.length; i++) sum += distance(line[i - 1], line[i]);
  return sum;
}

export function lineMiddle(line) {
  let left = lineLength(line) / 2;
  for (let i = 1; i < line.length; i++) {
    const step = distance(line[i - 1], line[i]);
    if (step >= left && step > 0) {
      const f = left / step;
      return line[i].map((end, axis) => line[i - 1][axis] + f * (end - line[i - 1][axis]));
    }
    left -= step;
  }
  return line[line.length - 1];
}

export function bounds(collection) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { geometry } of collection.features) {
    for (const [lon, lat] of geometry.coordinates) {
      box[0] = Math.min(box[0], lon);
      box[1] = Math.min(box[1], lat);
      box[2] = Math.max(box[2], lon);
      box[3] = Math.max(box[3], lat);
    }
  }
  return box;
}
