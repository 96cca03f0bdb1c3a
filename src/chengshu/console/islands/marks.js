// The shapes of the levels and of units, drawn once per theme. The same shapes stand in the lists.

const SIZE = 40;

function draw(work) {
  const canvas = document.createElement("canvas");
  canvas.width = SIZE;
  canvas.height = SIZE;
  const pen = canvas.getContext("2d");
  pen.lineJoin = "round";
  pen.lineCap = "round";
  work(pen);
  return pen.getImageData(0, 0, SIZE, SIZE);
}

function polygon(pen, points) {
  pen.beginPath();
  points.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.closePath();
}

const SHAPES = {
  blue: (pen) => { pen.beginPath(); pen.arc(20, 20, 15, 0, 7); },
  yellow: (pen) => polygon(pen, [[20, 4], [37, 34], [3, 34]]),
  orange: (pen) => polygon(pen, [[20, 2], [38, 20], [20, 38], [2, 20]]),
  red: (pen) => polygon(pen, [[13, 4], [27, 4], [36, 13], [36, 27], [27, 36], [13, 36], [4, 27], [4, 13]]),
};

function plate(pen, c) {
  pen.fillStyle = c.accent;
  pen.strokeStyle = c.surface;
  pen.lineWidth = 3;
  pen.beginPath();
  pen.roundRect(4, 4, 32, 32, 9);
  pen.fill();
  pen.stroke();
  pen.strokeStyle = c.surface;
  pen.fillStyle = c.surface;
  pen.lineWidth = 2.5;
}

const UNITS = {
  PumpTruck: (pen) => {
    pen.strokeRect(9, 14, 13, 10);
    polygon(pen, [[22, 17], [28, 17], [31, 21], [31, 24], [22, 24]]);
    pen.stroke();
    for (const x of [14, 27]) { pen.beginPath(); pen.arc(x, 26, 2.6, 0, 7); pen.fill(); }
  },
  Crew: (pen) => {
    pen.beginPath(); pen.arc(20, 14, 4, 0, 7); pen.fill();
    pen.beginPath(); pen.arc(20, 30, 9, Math.PI, 0); pen.closePath(); pen.fill();
  },
  PumpingStation: (pen) => {
    pen.beginPath(); pen.arc(20, 20, 7, 0, 7); pen.stroke();
    polygon(pen, [[17, 16], [25, 20], [17, 24]]); pen.fill();
  },
  Gate: (pen) => { pen.strokeRect(12, 11, 16, 18); for (const y of [17, 23]) { pen.beginPath(); pen.moveTo(12, y); pen.lineTo(28, y); pen.stroke(); } },
};

export function icons(c) {
  const found = [];
  for (const [level, shape] of Object.entries(SHAPES)) {
    found.push([`mark-${level}`, draw((pen) => {
      shape(pen);
      pen.fillStyle = c[level];
      pen.fill();
      pen.strokeStyle = c.surface;
      pen.lineWidth = 2.5;
      pen.stroke();
    })]);
  }
  for (const [type, work] of Object.entries(UNITS)) found.push([`unit-${type}`, draw((pen) => { plate(pen, c); work(pen); })]);
  found.push(["node", draw((pen) => {
    pen.fillStyle = c.quiet; pen.strokeStyle = c.surface; pen.lineWidth = 3;
    pen.beginPath(); pen.arc(20, 20, 9, 0, 7); pen.fill(); pen.stroke();
  })]);
  found.push(["underpass", draw((pen) => {
    pen.fillStyle = c.surface; pen.strokeStyle = c.quiet; pen.lineWidth = 2.5;
    pen.beginPath(); pen.roundRect(9, 9, 22, 22, 4); pen.fill(); pen.stroke();
    pen.beginPath(); pen.arc(20, 28, 6, Math.PI, 0); pen.stroke();
  })]);
  found.push(["closed", draw((pen) => {
    pen.fillStyle = c.ink; pen.strokeStyle = c.surface; pen.lineWidth = 2.5;
    pen.beginPath(); pen.arc(20, 20, 15, 0, 7); pen.fill(); pen.stroke();
    pen.fillStyle = c.surface; pen.fillRect(11, 17, 18, 6);
  })]);
  return found;
}
