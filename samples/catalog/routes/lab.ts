import { type Context, Hono } from "hono";
import { stream } from "hono/streaming";
import type { Lab } from "../lab/lab.js";
import { serveLab } from "../live/lab-live.js";
import { done, send } from "../pages/answer.js";
import { labPage, stats } from "../pages/lab-view.js";
import { notice } from "../pages/layout.js";
import { readForm } from "../web/forms.js";
import { html } from "../web/html.js";
import type { Tabs } from "../web/tabs.js";

/** `/lab`, its stream, and its buttons. */
export function labRoutes(lab: Lab, tabs: Tabs): Hono {
  return new Hono()
    .get("/lab", (c) => send(c, labPage(lab.state)))
    .get("/live/lab", (c) => tabs.stream(c, (tab) => serveLab(lab, tab)))
    .post("/lab/insert", async (c) => {
      await readForm(c, []);
      const { name } = await lab.insert();
      return done(c, "/lab", notice("info", `“${name}” is in the catalog, with a review.`));
    })
    .post("/lab/recreate", async (c) => {
      await readForm(c, []);
      await lab.recreate();
      return done(c, "/lab", notice("info", "All products were deleted and are back."));
    })
    .post("/lab/burst", async (c) => {
      await readForm(c, []);
      if (c.req.header("accept")?.includes("application/x-ndjson")) return streamBurst(c, lab);
      const { acknowledged, added } = await lab.burst();
      const line = `${acknowledged} updates were acknowledged, and the versions grew by ${added}.`;
      return done(c, "/lab", html`${stats(lab.state)}${notice("info", line)}`);
    });
}

/** One line of JSON for each acknowledged update, `{ id, version }`, and the result as the last line. */
function streamBurst(c: Context, lab: Lab): Response {
  lab.refuseWhileBusy();
  c.header("Content-Type", "application/x-ndjson");
  return stream(c, async (out) => {
    const write = (line: object) => out.write(`${JSON.stringify(line)}\n`);
    await write(await lab.burst((update) => void write(update)));
  });
}
