/** Reads server-sent events from pieces of text, wherever they are cut. */

/** What is read; a field that is no part of an event is told when it comes. */
export interface EventTaker {
  event(type: string, data: string, id: string): void;
  comment(text: string): void;
  retry(ms: number): void;
}

/**
 * As the HTML standard has it: lines end with CR, LF or both, and an event that is cut off by the end of the stream
 * never was.
 */
export function eventParser(taker: EventTaker): (text: string) => void {
  // Pieces of one line: a large row comes in thousands of them.
  let pieces = "";
  let afterReturn = false;
  let type = "";
  let data: string[] = [];
  let id = "";
  const line = (text: string): void => {
    if (text === "") {
      if (data.length > 0) taker.event(type, data.join("\n"), id);
      type = id = "";
      data = [];
      return;
    }
    const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(text)!;
    if (name === "data") data.push(value);
    else if (name === "event") type = value;
    else if (name === "id") id = value;
    else if (name === "") taker.comment(value);
    else if (name === "retry" && +value > 0) taker.retry(+value);
  };
  return (text) => {
    const lines = (afterReturn && text[0] === "\n" ? text.slice(1) : text).split(/\r\n|\r|\n/);
    if (text !== "") afterReturn = text.endsWith("\r");
    const rest = lines.pop()!;
    for (const piece of lines) {
      line(pieces + piece);
      pieces = "";
    }
    // Engines keep such sums as ropes, and look at them once.
    pieces += rest;
  };
}
