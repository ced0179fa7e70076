import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post } from "@nestjs/common";
import { from, type Tenant } from "plinth";
import { PlinthService } from "./plinth.service.js";
import { Task, TaskEvent } from "./task.js";
import { TENANT } from "./tenant.provider.js";

/** Tasks of the request's tenant. What comes from outside goes through the changeset, and is refused by `ErrorsFilter`. */
@Controller("tasks")
export class TasksController {
  constructor(
    @Inject(PlinthService) private readonly plinth: PlinthService,
    @Inject(TENANT) private readonly tenant: Tenant,
  ) {}

  @Get()
  list(): Promise<readonly Task[]> {
    return this.plinth.repo.all(from(Task).orderBy("insertedAt"), { tenant: this.tenant });
  }

  @Post()
  create(@Body() params: unknown): Promise<Task> {
    return this.plinth.repo.insert(Task.changeset(Task, params ?? {}), { tenant: this.tenant });
  }

  @Patch(":id")
  update(@Param("id") id: string, @Body() params: unknown): Promise<Task> {
    const { repo } = this.plinth;
    return repo.transactional(this.tenant, async () =>
      repo.update(Task.changeset(await repo.getOrThrow(Task, id), params ?? {})),
    );
  }

  @Delete(":id")
  @HttpCode(204)
  async remove(@Param("id") id: string): Promise<void> {
    const { repo } = this.plinth;
    await repo.transactional(this.tenant, async () => repo.delete(await repo.getOrThrow(Task, id)));
  }

  @Get(":id/events")
  async events(@Param("id") id: string): Promise<readonly string[]> {
    const events = await this.plinth.repo.all(from(TaskEvent).where({ taskId: id }).scan(), {
      tenant: this.tenant,
    });
    return events.map(({ what }) => what);
  }
}
