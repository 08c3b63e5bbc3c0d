from sqlmodel import SQLModel

# Rows are made by our code and read from the database: what pydantic would check them with is not
# made before somebody asks for it. For ninety tables that is a tenth of a second of each start.
SQLModel.model_config["defer_build"] = True
