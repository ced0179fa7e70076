export { Journal } from "./journal.js";
export { Lives } from "./lives.js";
export { recover } from "./recover.js";
