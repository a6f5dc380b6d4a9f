using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Islet.ControlPlane.Storage.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class Crons : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<Guid>(
                name: "CronDatabaseId",
                table: "Deployments",
                type: "uuid",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "CronRuns",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    ProjectId = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, collation: "C"),
                    DeploymentId = table.Column<string>(type: "character varying(12)", maxLength: 12, nullable: false, collation: "C"),
                    DueAt = table.Column<long>(type: "bigint", nullable: true),
                    StartedAt = table.Column<long>(type: "bigint", nullable: false),
                    EndedAt = table.Column<long>(type: "bigint", nullable: true),
                    Status = table.Column<int>(type: "integer", nullable: false),
                    Attempts = table.Column<int>(type: "integer", nullable: false),
                    Error = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: true, collation: "C"),
                    Node = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    HeardAt = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_CronRuns", x => x.Id);
                    table.ForeignKey(
                        name: "FK_CronRuns_Projects_ProjectId",
                        column: x => x.ProjectId,
                        principalTable: "Projects",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "Crons",
                columns: table => new
                {
                    DeploymentId = table.Column<string>(type: "character varying(12)", maxLength: 12, nullable: false, collation: "C"),
                    Name = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, collation: "C"),
                    ProjectId = table.Column<Guid>(type: "uuid", nullable: false),
                    Position = table.Column<int>(type: "integer", nullable: false),
                    Schedule = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false, collation: "C"),
                    BackoffText = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    Live = table.Column<bool>(type: "boolean", nullable: false),
                    NextRunAt = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Crons", x => new { x.DeploymentId, x.Name });
                    table.ForeignKey(
                        name: "FK_Crons_Deployments_DeploymentId",
                        column: x => x.DeploymentId,
                        principalTable: "Deployments",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Deployments_CronDatabaseId",
                table: "Deployments",
                column: "CronDatabaseId");

            migrationBuilder.CreateIndex(
                name: "IX_CronRuns_EndedAt",
                table: "CronRuns",
                column: "EndedAt");

            migrationBuilder.CreateIndex(
                name: "IX_CronRuns_Open",
                table: "CronRuns",
                columns: new[] { "ProjectId", "Name" },
                unique: true,
                filter: "\"EndedAt\" IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_CronRuns_ProjectId_Name_StartedAt",
                table: "CronRuns",
                columns: new[] { "ProjectId", "Name", "StartedAt" });

            migrationBuilder.CreateIndex(
                name: "IX_Crons_NextRunAt",
                table: "Crons",
                column: "NextRunAt",
                filter: "\"NextRunAt\" IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "IX_Crons_ProjectId",
                table: "Crons",
                column: "ProjectId");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "CronRuns");

            migrationBuilder.DropTable(
                name: "Crons");

            migrationBuilder.DropIndex(
                name: "IX_Deployments_CronDatabaseId",
                table: "Deployments");

            migrationBuilder.DropColumn(
                name: "CronDatabaseId",
                table: "Deployments");
        }
    }
}
