// The README's picture, as SVG: one job from left to right, the key's life below it, the service at the bottom.

const themes = {
  light: {
    ink: "#1f2328",
    quiet: "#59636e",
    line: "#d1d9e0",
    box: "#f6f8fa",
    accent: "#0969da",
    soft: "#ddf4ff",
    good: "#1a7f37",
  },
  dark: {
    ink: "#f0f6fc",
    quiet: "#9198a1",
    line: "#3d444d",
    box: "#151b23",
    accent: "#4493f8",
    soft: "#12233a",
    good: "#3fb950",
  },
};

export type Theme = keyof typeof themes;
type Palette = (typeof themes)[Theme];

const WIDTH = 880;
const HEIGHT = 310;
const MAIN = { x: 270, width: 250 };
const POST = { x: 720, width: 140 };

export function drawFlow(theme: Theme): string {
  const palette = themes[theme];
  const draw = createPen(palette);
  const parts = [
    draw.arrow(MAIN.x + 40, 120, 240, "down", "public key"),
    draw.arrow(MAIN.x + 120, 240, 120, "up", "ciphertext"),
    draw.arrow(MAIN.x + 205, 120, 240, "down", "one envelope"),
    draw.arrow(POST.x + 70, 120, 240, "down", "delete"),

    draw.label(20, 24, "your job"),
    draw.box(20, 36, 124, 84, "pre", ["a low-priority process", "generates a key"]),
    draw.box(154, 36, 106, 84, "checkout", ["and earlier steps"]),
    draw.box(
      MAIN.x,
      36,
      MAIN.width,
      84,
      "main",
      ["claims the key, pulls, decrypts here,", "masks every value, then exports", "all of it or nothing"],
      palette.accent,
    ),
    draw.box(530, 36, 180, 84, "your steps", ["$DATABASE_URL is set,", "the log shows ***"]),
    draw.box(
      POST.x,
      36,
      POST.width,
      84,
      "post",
      ["looks for leaks,", "deletes the key,", "restores files"],
      palette.accent,
    ),

    draw.label(20, 170, "temporary device key"),
    draw.bar(
      MAIN.x,
      152,
      POST.x + POST.width - MAIN.x,
      "RSA-4096, 0600 in a random directory, expires after ttl minutes at the latest",
    ),

    draw.label(20, 232, "SecretStash"),
    draw.box(20, 240, 840, 56, "ciphertext, and its key wrapped for each device key", [
      "No value, and no key that opens one, is ever sent there.",
    ]),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${description}"`,
    `  font-family="-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif">`,
    ...parts.flat().map((part) => `  ${part}`),
    "</svg>",
    "",
  ].join("\n");
}

const description =
  "pre generates a key; main registers it, pulls ciphertext, decrypts, masks and exports; your steps run; post deletes the key. The service only ever holds ciphertext.";

function createPen({ ink, quiet, line, box, accent, soft, good }: Palette) {
  const text = (x: number, y: number, content: string, fill: string, more = "") =>
    `<text x="${x}" y="${y}" fill="${fill}" font-size="12" ${more}>${escapeXml(content)}</text>`;
  return {
    label: (x: number, y: number, content: string) => text(x, y, content, quiet, 'font-style="italic"'),
    box: (
      x: number,
      y: number,
      width: number,
      height: number,
      title: string,
      lines: readonly string[],
      border = line,
    ) => [
      `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="${box}" stroke="${border}" stroke-width="1.5"/>`,
      text(x + 12, y + 22, title, ink, 'font-weight="600"'),
      ...lines.map((content, index) =>
        text(x + 12, y + 42 + index * 16, content, quiet).replace('"12"', '"11"'),
      ),
    ],
    bar: (x: number, y: number, width: number, content: string) => [
      `<rect x="${x}" y="${y}" width="${width}" height="26" rx="13" fill="${soft}" stroke="${accent}"/>`,
      text(x + width / 2, y + 17, content, ink, 'text-anchor="middle"'),
    ],
    arrow: (x: number, from: number, to: number, way: "up" | "down", content: string) => {
      const tip = way === "down" ? to - 2 : to + 2;
      const back = way === "down" ? tip - 8 : tip + 8;
      return [
        `<path d="M${x} ${from}V${back}" stroke="${good}" stroke-width="1.5" fill="none"/>`,
        `<path d="M${x - 5} ${back}L${x} ${tip}L${x + 5} ${back}Z" fill="${good}"/>`,
        text(x + 8, 214, content, ink),
      ];
    },
  };
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
