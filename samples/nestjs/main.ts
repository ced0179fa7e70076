import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import { AppModule } from "./app.module.js";

const app = await NestFactory.create(AppModule.forStore("embedded:.plinth/nestjs"), {
  forceCloseConnections: true,
});
app.enableShutdownHooks();
const port = Number(process.env.PORT ?? 4200);
await app.listen(port);
console.log(`curl -H 'x-tenant: acme' -H 'content-type: application/json' -d '{"title":"Water the plants"}' localhost:${port}/tasks
curl -N -H 'x-tenant: acme' localhost:${port}/live`);
