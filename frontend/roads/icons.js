// Marks drawn on a canvas, so that the map needs no sprite file. Told apart by shape, not only by colour.

const SIZE = 48;

function draw(paint) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const pen = canvas.getContext("2d");
  pen.lineCap = pen.lineJoin = "round";
  paint(pen);
  return pen.getImageData(0, 0, SIZE, SIZE);
}

function disc(pen, fill, rim, width) {
  pen.beginPath();
  pen.arc(24, 24, 22 - width / 2, 0, 2 * Math.PI);
  pen.fillStyle = fill;
  pen.fill();
  pen.lineWidth = width;
  pen.strokeStyle = rim;
  pen.stroke();
}

// A white disc with a red rim and a red cross.
function blocked(pen, colours) {
  disc(pen, "#ffffff", colours.blocked, 5);
  pen.lineWidth = 7;
  pen.beginPath();
  for (const [x1, y1, x2, y2] of [[16, 16, 32, 32], [32, 16, 16, 32]]) {
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
  }
  pen.stroke();
}

// A black diamond with a white U-turn arrow.
function turnBack(pen, colours) {
  pen.translate(24, 24);
  pen.rotate(Math.PI / 4);
  pen.fillStyle = colours.turnBack;
  pen.strokeStyle = "#ffffff";
  pen.lineWidth = 3;
  pen.beginPath();
  pen.roundRect(-15, -15, 30, 30, 4);
  pen.fill();
  pen.stroke();
  pen.rotate(-Math.PI / 4);
  pen.lineWidth = 4;
  pen.beginPath();
  pen.moveTo(6, 10);
  pen.lineTo(6, -2);
  pen.arc(0, -2, 6, 0, Math.PI, true);
  pen.lineTo(-6, 8);
  pen.moveTo(-11, 3);
  pen.lineTo(-6, 9);
  pen.lineTo(-1, 3);
  pen.stroke();
}

// A dark square with the post mark 〒.
function office(pen, colours) {
  pen.fillStyle = colours.office;
  pen.strokeStyle = "#ffffff";
  pen.lineWidth = 3;
  pen.beginPath();
  pen.roundRect(4, 4, 40, 40, 6);
  pen.fill();
  pen.stroke();
  pen.lineWidth = 4;
  pen.lineCap = "butt";
  pen.beginPath();
  pen.moveTo(13, 14);
  pen.lineTo(35, 14);
  pen.moveTo(13, 22);
  pen.lineTo(35, 22);
  pen.moveTo(24, 22);
  pen.lineTo(24, 36);
  pen.stroke();
}

// A mark as the legend draws it: the paths of its SVG, which is 28 units wide.
function fromLegend(pen, svg, colours) {
  pen.scale(SIZE / 28, SIZE / 28);
  for (const path of svg.querySelectorAll("path")) {
    const shape = new Path2D(path.getAttribute("d"));
    const bubble = path.classList.contains("bubble");
    pen.strokeStyle = colours.reportSign;
    pen.lineWidth = bubble ? 1.5 : 2;
    pen.fillStyle = colours.report;
    if (bubble) pen.fill(shape);
    pen.stroke(shape);
  }
}

// `symbols` holds the legend's SVG elements of reports.
export function addReportIcons(map, colours, symbols) {
  for (const svg of symbols.querySelectorAll("svg[data-report]")) {
    const name = `report-${svg.dataset.report}`;
    if (!map.hasImage(name)) map.addImage(name, draw((pen) => fromLegend(pen, svg, colours)), { pixelRatio: 2 });
  }
}

export function addIcons(map, colours) {
  const icons = { blocked, "turn-back": turnBack, office };
  for (const [name, paint] of Object.entries(icons)) {
    map.addImage(name, draw((pen) => paint(pen, colours)), { pixelRatio: 2 });
  }
}
