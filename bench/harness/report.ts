import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";

type Cell = string | number;

/** Collects the tables of one benchmark, prints them, and writes them with what is needed to judge them. */
export class Report {
  private readonly parts: string[] = [];

  constructor(private readonly name: string) {}

  text(line: string): void {
    console.log(line);
    this.parts.push(line, "");
  }

  table(title: string, head: readonly string[], rows: readonly (readonly Cell[])[]): void {
    const shown = rows.map((row) => row.map(format));
    const lines = [
      `## ${title}`,
      "",
      `| ${head.join(" | ")} |`,
      `|${head.map((_, i) => (i === 0 ? " --- " : " ---: ")).join("|")}|`,
      ...shown.map((row) => `| ${row.join(" | ")} |`),
    ];
    console.log(`${lines.join("\n")}\n`);
    this.parts.push(...lines, "");
  }

  write(): void {
    const folder = join(process.cwd(), "bench/results");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${this.name}.md`), [...this.heading(), ...this.parts].join("\n"));
  }

  private heading(): string[] {
    const processor = cpus();
    return [
      `# Benchmark: ${this.name}`,
      "",
      `- Command: \`npm run bench -- ${this.name}\``,
      `- Date: ${new Date().toISOString().slice(0, 10)}`,
      `- Machine: ${processor.length} × ${processor[0]?.model.trim() ?? "unknown CPU"}, ` +
        `${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.version}`,
      `- Commit: ${revision()}`,
      "",
    ];
  }
}

/** Of the last 1, 5 and 15 minutes: other work on the machine moves the numbers. */
export const loadAverage = (): string =>
  loadavg()
    .map((n) => n.toFixed(1))
    .join(", ");

function revision(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

function format(cell: Cell): string {
  if (typeof cell === "string") return cell;
  if (Number.isInteger(cell) || cell >= 1000) return Math.round(cell).toLocaleString("en-US");
  return cell.toPrecision(3);
}
