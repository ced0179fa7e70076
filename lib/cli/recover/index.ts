export { recover } from "./recover.js";
