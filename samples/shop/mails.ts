import { change, type Sync, type Tenant } from "plinth";
import { Message } from "./schemas/message.js";
import { Order } from "./schemas/order.js";

/** What mails go out by. It may be asked twice for one id, after a crash, and sends it once. */
export interface Mailer {
  send(mail: { readonly id: string; readonly to: string; readonly text: string }): Promise<void>;
}

/** Writes a mail for each new and each shipped order, exactly once: in the transaction that moves the consumer on. */
export function writeMails(sync: Sync, tenant: Tenant): Promise<void> {
  return sync.consume(tenant, "write-mails", { orders: sync.all(Order) }, async (batch, tx) => {
    for (const told of batch.changes.orders) {
      if (told.op === "delete") continue;
      const { userId, itemName, quantity, status } = told.row;
      const what = `${quantity} × ${itemName}`;
      if (told.op === "insert") await tx.insert(Message, { userId, text: `We have your order: ${what}.` });
      else if (status === "shipped" && told.before.status !== "shipped")
        await tx.insert(Message, { userId, text: `On its way to you: ${what}.` });
    }
  });
}

/**
 * Sends what was written. The world outside takes part in no transaction: a process that ends between the two lines sends
 * a mail again, under the same id, by which the mailer knows it.
 */
export function sendMails(sync: Sync, tenant: Tenant, mailer: Mailer): Promise<void> {
  return sync.consume(tenant, "send-mails", { messages: sync.all(Message) }, async (batch, tx) => {
    for (const told of batch.changes.messages) {
      if (told.op !== "insert") continue;
      const message = await tx.get(Message, told.row.id);
      if (message === null || message.sentAt !== null) continue;
      await mailer.send({ id: message.id, to: message.userId, text: message.text });
      await tx.update(change(message, { sentAt: new Date() }));
    }
  });
}
