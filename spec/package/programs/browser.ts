/** A page's program: the client's types need the web platform alone. */
import { connect } from "plinth/web/client";

const page = connect("/live");
page.on("transition", (transition) => {
  // @ts-expect-error a transition has no such property
  transition.nonsense;
});
page.close();
