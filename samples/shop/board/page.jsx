/** The board of a shop: its open orders as they come, and a button that ships one. */

import { connect } from "plinth/client";
import { PlinthProvider, useConnectionState, useLive } from "plinth/react";
import { Component, memo, Suspense, useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";

/** A link to the board carries shop and token behind the #, which is sent to no server and stands in no log. */
const given = () => {
  const params = new URLSearchParams(location.hash.slice(1));
  return params.has("shop") && params.has("token")
    ? { shop: params.get("shop"), token: params.get("token") }
    : null;
};

const price = (cents) => (cents / 100).toLocaleString("en", { minimumFractionDigits: 2 });

const states = {
  connecting: "Connecting…",
  live: "Live",
  stale: "Reconnecting…",
  offline: "Offline",
  closed: "Closed",
};

function Badge() {
  const { state } = useConnectionState();
  return (
    <span className="badge" data-state={state} role="status">
      {states[state]}
    </span>
  );
}

/** The connection goes on trying with a token that is refused, since it may be renewed; this one is not, so the page asks again. */
function RefusedToken({ onAgain }) {
  const { state, reason } = useConnectionState();
  if (state === "live" || ![401, 403, 404].includes(reason?.status)) return null;
  return (
    <div role="alert">
      <p className="problem">{reason.message}</p>
      <button type="button" onClick={onAgain}>
        Use another token
      </button>
    </div>
  );
}

const Row = memo(function Row({ order, fresh, onShip }) {
  const { id, itemName, quantity, cents, userId, insertedAt } = order;
  return (
    <li className={fresh ? "order fresh" : "order"}>
      <div>
        <h3>
          {quantity} × {itemName}
        </h3>
        <p>
          for {userId}, {price(cents)} €,{" "}
          <time dateTime={insertedAt.toISOString()}>{insertedAt.toLocaleTimeString("en")}</time>
        </p>
      </div>
      <button
        type="button"
        onClick={() => onShip(id)}
        aria-label={`Ship ${quantity} × ${itemName} for ${userId}`}
      >
        Ship
      </button>
    </li>
  );
});

function Orders({ user }) {
  const orders = useLive("orders");
  const heading = useRef(null);
  const [message, setMessage] = useState("");
  const first = useRef(new Set(orders.map(({ id }) => id)));

  const ship = async (id) => {
    const answer = await fetch(`/${user.shop}/orders/${id}/ship`, {
      method: "POST",
      headers: { authorization: `Bearer ${user.token}` },
    }).catch(() => null);
    setMessage(
      answer?.ok
        ? "Shipped."
        : ((await answer?.json().catch(() => null))?.message ?? "The service does not answer."),
    );
    // The row with its button goes away; whoever uses the keyboard goes on from the heading.
    if (answer?.ok) heading.current?.focus();
  };
  return (
    <section aria-labelledby="orders">
      <h2 id="orders" ref={heading} tabIndex={-1}>
        {orders.length === 1 ? "1 order" : `${orders.length} orders`}{" "}
        <span className="fine">oldest first</span>
      </h2>
      <p role="status" className="fine">
        {message}
      </p>
      {orders.length === 0 && <p className="fine">Nothing to ship. New orders appear here by themselves.</p>}
      <ul>
        {orders.map((order) => (
          <Row key={order.id} order={order} fresh={!first.current.has(order.id)} onShip={ship} />
        ))}
      </ul>
    </section>
  );
}

function Stock() {
  const items = useLive("items");
  return (
    <section aria-labelledby="stock">
      <h2 id="stock">
        Stock <span className="fine">by name</span>
      </h2>
      <ul>
        {items.map(({ id, name, stock }) => (
          <li key={id} className="item">
            <span>{name}</span> <strong>{stock}</strong>
          </li>
        ))}
      </ul>
    </section>
  );
}

class Refused extends Component {
  state = { error: null };

  static getDerivedStateFromError(error) {
    return { error };
  }

  render() {
    if (this.state.error === null) return this.props.children;
    return (
      <p role="alert" className="problem">
        {this.state.error.message}
      </p>
    );
  }
}

function SignIn({ onUser }) {
  const send = (event) => {
    event.preventDefault();
    const data = new FormData(event.target);
    onUser({ shop: data.get("shop"), token: data.get("token") });
  };
  return (
    <form className="card" onSubmit={send}>
      <label htmlFor="shop">Shop</label>
      <input id="shop" name="shop" required autoComplete="organization" />
      <label htmlFor="token">Token</label>
      <input id="token" name="token" required autoComplete="off" />
      <button type="submit">Show the board</button>
    </form>
  );
}

function Board() {
  const [user, setUser] = useState(given);
  const [connection, setConnection] = useState(null);
  useEffect(() => {
    if (user === null) return;
    const made = connect(`/${encodeURIComponent(user.shop)}/live`, {
      headers: { authorization: `Bearer ${user.token}` },
    });
    setConnection(made);
    return () => made.close();
  }, [user]);
  const again = () => {
    history.replaceState(null, "", location.pathname);
    setConnection(null);
    setUser(null);
  };
  return (
    <>
      <header>
        <h1>Open orders{user && <span className="fine"> of {user.shop}</span>}</h1>
        {connection && (
          <PlinthProvider connection={connection}>
            <Badge />
          </PlinthProvider>
        )}
      </header>
      {user === null && <SignIn onUser={setUser} />}
      {connection && (
        <PlinthProvider connection={connection}>
          <RefusedToken onAgain={again} />
          <Refused>
            <Suspense fallback={<p className="fine">Loading…</p>}>
              <div className="columns">
                <Orders user={user} />
                <Stock />
              </div>
            </Suspense>
          </Refused>
        </PlinthProvider>
      )}
    </>
  );
}

createRoot(document.getElementById("board")).render(<Board />);
