interface MemberRow {
  teamId: number | null;
  bossId: number | null;
}

/** What is stored, as plain Maps, and what becomes of it. */
export class Model {
  teams = new Set<number>();
  members = new Map<number, MemberRow>();
  /** Member by task. */
  tasks = new Map<number, number | null>();
  /** Team by badge. */
  badges = new Map<number, number | null>();
  tags = new Set<number>();
  /** `team tag`. */
  joins = new Set<string>();

  copy(): Model {
    const copy = new Model();
    copy.teams = new Set(this.teams);
    copy.members = new Map([...this.members].map(([id, row]) => [id, { ...row }]));
    copy.tasks = new Map(this.tasks);
    copy.badges = new Map(this.badges);
    copy.tags = new Set(this.tags);
    copy.joins = new Set(this.joins);
    return copy;
  }

  membersOf(team: number): number[] {
    return [...this.members].filter(([, { teamId }]) => teamId === team).map(([id]) => id);
  }

  tagsOf(team: number): number[] {
    return [...this.tags].filter((tag) => this.joins.has(`${team} ${tag}`));
  }

  teamsOf(tag: number): number[] {
    return [...this.teams].filter((team) => this.joins.has(`${team} ${tag}`));
  }

  badgeOf(team: number): number | undefined {
    return [...this.badges].find(([, teamId]) => teamId === team)?.[0];
  }

  removeTeam(team: number): void {
    if (!this.teams.delete(team)) return;
    for (const member of this.membersOf(team)) this.removeMember(member);
    for (const [badge, of] of this.badges) if (of === team) this.badges.set(badge, null);
    for (const join of this.joins) if (join.startsWith(`${team} `)) this.joins.delete(join);
  }

  removeMember(member: number): void {
    if (!this.members.delete(member)) return;
    for (const [id, { bossId }] of this.members) if (bossId === member) this.removeMember(id);
    for (const [task, of] of this.tasks) if (of === member) this.tasks.set(task, null);
  }

  removeTag(tag: number): void {
    if (!this.tags.delete(tag)) return;
    for (const join of this.joins) if (join.endsWith(` ${tag}`)) this.joins.delete(join);
  }

  /** False when one that is kept goes with one that leaves. */
  putMembers(team: number, kept: readonly number[], made: readonly number[]): boolean {
    const list = [...kept, ...made];
    for (const member of this.membersOf(team)) if (!list.includes(member)) this.removeMember(member);
    if (!kept.every((member) => this.members.has(member))) return false;
    for (const member of list) {
      const row = this.members.get(member) ?? { teamId: null, bossId: null };
      this.members.set(member, { ...row, teamId: team });
    }
    return true;
  }

  putTags(team: number, list: readonly number[]): void {
    for (const tag of this.tagsOf(team)) if (!list.includes(tag)) this.joins.delete(`${team} ${tag}`);
    for (const tag of list) {
      this.tags.add(tag);
      this.joins.add(`${team} ${tag}`);
    }
  }

  putTeams(tag: number, list: readonly number[]): void {
    for (const team of this.teamsOf(tag)) if (!list.includes(team)) this.joins.delete(`${team} ${tag}`);
    for (const team of list) this.joins.add(`${team} ${tag}`);
  }
}
