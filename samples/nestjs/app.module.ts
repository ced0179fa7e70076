import { type DynamicModule, Module } from "@nestjs/common";
import { APP_FILTER } from "@nestjs/core";
import { ErrorsFilter } from "./errors.filter.js";
import { LiveController } from "./live.controller.js";
import { PlinthService, STORE_URL } from "./plinth.service.js";
import { TasksController } from "./tasks.controller.js";
import { tenantProvider } from "./tenant.provider.js";

@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: a module of Nest is a class.
export class AppModule {
  /** @param url of the store, for example `embedded:./data` */
  static forStore(url: string): DynamicModule {
    return {
      module: AppModule,
      controllers: [TasksController, LiveController],
      providers: [
        PlinthService,
        tenantProvider,
        { provide: STORE_URL, useValue: url },
        { provide: APP_FILTER, useClass: ErrorsFilter },
      ],
    };
  }
}
